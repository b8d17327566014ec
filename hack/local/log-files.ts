import { copyFileSync, openSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { StateFolder } from './state.ts';

/** Of one file; the part before is kept once, as `<name>.log.1`. */
const bytesMost = 16 * 1024 * 1024;
const everyMs = 30_000;

/** Opened for appending, so that it may be cut while somebody writes to it. */
export function openLog(state: StateFolder, name: string): number {
  return openSync(join(state.logs, `${name}.log`), 'a', 0o600);
}

/** Keeps every log of the instance within bounds for as long as this process lives. */
export function boundLogs(state: StateFolder): void {
  setInterval(() => {
    for (const name of readdirSync(state.logs)) {
      const file = join(state.logs, name);
      if (!name.endsWith('.log') || statSync(file).size <= bytesMost) continue;
      copyFileSync(file, `${file}.1`);
      truncateSync(file);
    }
  }, everyMs).unref();
}
