import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogFile } from './log-file.ts';
import { timerMostMs } from './deadline.ts';

/**
 * One run of one container: a process that is the first of a process namespace of its own, so that
 * whatever it starts ends with it, however it ends.
 */
export interface ContainerRun {
  /** Of the first process, as this machine numbers it. */
  pid: number;
  startedAt: Date;
  /** Present when the container asked for it (`stdin: true`). */
  stdin: Writable | undefined;
  /** Resolves when the process has ended and its output is in the log. */
  ended: Promise<ContainerEnd>;
  /** To the first process; false when it is gone. */
  signal(name: NodeJS.Signals): boolean;
}

export interface ContainerEnd {
  /** 128 and the signal's number when a signal ended it, as a shell reports it. */
  exitCode: number;
  finishedAt: Date;
}

export interface StartOptions {
  /** Network namespace by name. */
  netns: string;
  /** What the script makes the root of the container's program. */
  root: string;
  script: string;
  environment: Readonly<Record<string, string>>;
  log: LogFile;
  stdin: boolean;
}

/**
 * The shell that stays outside the process namespace: its one child is the first process inside.
 * (util-linux' own `--fork` loses how that process ended when a signal ended it.) It says nothing
 * itself: a shell remarks on killed children.
 */
const parent = 'sh -c "$1" <&0 & exec 2>/dev/null; wait $!';

/** Starts it in its pod's network and namespaces of its own. Rejects when it cannot be run at all. */
export async function startContainer(options: StartOptions): Promise<ContainerRun> {
  const { netns, root, script, environment, log, stdin } = options;
  const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--propagation', 'private'];
  const child = spawn(
    'nsenter',
    [`--net=/run/netns/${netns}`, 'unshare', ...namespaces, 'sh', '-c', parent, 'sh', script],
    { stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'], env: { ...environment } },
  );
  child.stdout?.on('data', (chunk: Buffer) => log.write('stdout', chunk));
  child.stderr?.on('data', (chunk: Buffer) => log.write('stderr', chunk));
  child.stdin?.on('error', () => {});
  const startedAt = new Date();
  const ended = endOf(child, log);
  const pid = await firstProcess(child, root);
  return {
    pid,
    startedAt,
    stdin: child.stdin ?? undefined,
    ended,
    // Once it has ended, its number may be another's.
    signal: (name) => child.exitCode === null && signalProcess(pid, name),
  };
}

function endOf(child: ChildProcess, log: LogFile): Promise<ContainerEnd> {
  return new Promise((resolve) => {
    let exitCode = cannotRun;
    let finishedAt = new Date();
    child.on('error', () => {});
    child.on('exit', (code) => {
      exitCode = code ?? killed;
      finishedAt = new Date();
    });
    // after the last of its output
    child.on('close', () => {
      log.close();
      resolve({ exitCode, finishedAt });
    });
  });
}

/** As container runtimes report what could not be started, and what was killed. */
const cannotRun = 128;
const killed = 137;
const lookEveryMs = 2;
const looksMost = 5_000;

/**
 * The one child of the shell outside, once it is the container's own program: nothing must be run in it, or asked
 * of it, before. 0 when it was over by then.
 */
async function firstProcess(child: ChildProcess, root: string): Promise<number> {
  for (let look = 0; look < looksMost; look += 1) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return 0;
    const [first] = childrenOf(child.pid);
    if (first !== undefined && rootOf(first) === root && !isEntering(first)) return first;
    await sleep(lookEveryMs);
  }
  child.kill('SIGKILL');
  return 0;
}

function rootOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/root`);
  } catch {
    return '';
  }
}

/** Still what makes the root the container's (root.ts), not yet what runs in it. */
function isEntering(pid: number): boolean {
  try {
    return /^(chroot|\/usr\/bin\/env\0-C)\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text
      .split(' ')
      .filter((word) => word !== '')
      .map(Number);
  } catch {
    return [];
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  // 0 and below would be whole groups, 1 the machine itself
  if (pid <= 1) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The command line that runs `command` inside a running container. */
export function insideCommand(pid: number, command: readonly string[]): string[] {
  const into = ['--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd'];
  return ['nsenter', '--target', String(pid), ...into, '--', ...command];
}

/** Variables of the container's first process: what runs inside later sees the same. */
export function environmentOf(pid: number): Record<string, string> {
  try {
    const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return Object.fromEntries(
      pairs
        .filter((p) => p.includes('='))
        .map((p) => [p.slice(0, p.indexOf('=')), p.slice(p.indexOf('=') + 1)]),
    );
  } catch {
    return {};
  }
}

/** Runs a command inside a running container; resolves with its exit code. */
export function runInside(
  pid: number,
  command: readonly string[],
  timeoutMs: number,
): Promise<number> {
  return new Promise((resolve) => {
    const [file = '', ...args] = insideCommand(pid, command);
    const child = spawn(file, args, { stdio: 'ignore', env: environmentOf(pid) });
    const timer = setTimeout(() => killInside(child), Math.min(timeoutMs, timerMostMs));
    child.on('error', () => resolve(cannotRun));
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code ?? killed);
    });
  });
}

/** nsenter waits outside for what runs inside: all of it must go. */
export function killInside(child: ChildProcess): void {
  for (const pid of processesBelow(child.pid ?? 0)) signalProcess(pid, 'SIGKILL');
  child.kill('SIGKILL');
}

/** Children and theirs, nearest first. */
export function processesBelow(pid: number): number[] {
  const below = childrenOf(pid);
  return [...below, ...below.flatMap(processesBelow)];
}
