import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../log/log.ts';
import { openLog } from './log-files.ts';
import type { StateFolder } from './state.ts';

/** One of the product's own programs, started again whenever it ends. */
export interface ProgramOptions {
  state: StateFolder;
  /** Its output goes to `logs/<name>.log`. */
  name: string;
  /** The file in this checkout, then its flags. */
  args: readonly string[];
  log: Logger;
}

const checkout = join(import.meta.dirname, '../..');
const firstMs = 250;
const mostMs = 10_000;
/** Whoever ran this long did not fail at its start. */
const steadyMs = 30_000;

export function keepRunning(options: ProgramOptions, delayMs = firstMs): void {
  const { state, name, args, log } = options;
  const began = performance.now();
  const child = start(state, name, args);
  let ended = false;
  const again = (outcome: object): void => {
    if (ended) return;
    ended = true;
    const steady = performance.now() - began > steadyMs;
    const ms = steady ? firstMs : delayMs;
    log.warn({ program: name, ...outcome, ms }, 'a program ended and is started again');
    setTimeout(() => keepRunning(options, steady ? firstMs : Math.min(delayMs * 2, mostMs)), ms);
  };
  child.on('error', (error) => again({ error }));
  child.on('exit', (code, signal) => again({ code, signal }));
}

function start(state: StateFolder, name: string, args: readonly string[]): ChildProcess {
  const output = openLog(state, name);
  try {
    return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: checkout,
      // as in the Containerfile
      env: { ...process.env, GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' },
      stdio: ['ignore', output, output],
    });
  } finally {
    closeSync(output);
  }
}
