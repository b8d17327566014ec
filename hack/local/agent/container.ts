import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** One run of one container: a process of this machine, its leader's id, and how it ended. */
export interface ContainerRun {
  pid: number;
  startedAt: Date;
  /** Resolves when the process has ended. */
  ended: Promise<ContainerEnd>;
  /** To the whole process group; false when it is gone. */
  signal(name: NodeJS.Signals): boolean;
}

export interface ContainerEnd {
  exitCode: number;
  signal: number;
  finishedAt: Date;
}

const signalNumbers: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGTERM: 15,
  SIGSEGV: 11,
  SIGABRT: 6,
};

export interface StartOptions {
  /** Network namespace by name. */
  netns: string;
  script: string;
  environment: Readonly<Record<string, string>>;
  /** Standard output and error are appended here. */
  logFile: string;
  /** Larger logs are begun anew at the next start. */
  logBytesMax: number;
}

/** Starts it in its pod's network and a mount namespace of its own. Throws when it cannot be run. */
export function startContainer(options: StartOptions): ContainerRun {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, tooLarge(options) ? 'w' : 'a');
  let child: ChildProcess;
  try {
    child = spawn(
      'nsenter',
      [
        `--net=/run/netns/${options.netns}`,
        'unshare',
        '--mount',
        '--uts',
        '--propagation',
        'private',
        'sh',
        '-c',
        options.script,
      ],
      { detached: true, stdio: ['ignore', log, log], env: { ...options.environment } },
    );
  } finally {
    closeSync(log);
  }
  const { pid } = child;
  const startedAt = new Date();
  const ended = new Promise<ContainerEnd>((resolve) => {
    child.on('error', () => resolve({ exitCode: 128, signal: 0, finishedAt: new Date() }));
    child.on('exit', (code, signal) => {
      const number = signal === null ? 0 : (signalNumbers[signal] ?? 0);
      // what the leader started ends with it
      if (pid !== undefined) killGroup(pid, 'SIGKILL');
      resolve({ exitCode: code ?? 128 + number, signal: number, finishedAt: new Date() });
    });
  });
  return {
    pid: pid ?? 0,
    startedAt,
    ended,
    signal: (name) => pid !== undefined && killGroup(pid, name),
  };
}

function tooLarge({ logFile, logBytesMax }: StartOptions): boolean {
  try {
    return statSync(logFile).size > logBytesMax;
  } catch {
    return false;
  }
}

function killGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Runs a command inside a running container; resolves with its exit code. */
export function runInside(
  pid: number,
  command: readonly string[],
  timeoutMs: number,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(
      'nsenter',
      ['--target', String(pid), '--mount', '--net', '--root', '--wd', '--', ...command],
      { stdio: 'ignore', timeout: timeoutMs, killSignal: 'SIGKILL' },
    );
    child.on('error', () => resolve(128));
    child.on('exit', (code) => resolve(code ?? 137));
  });
}
