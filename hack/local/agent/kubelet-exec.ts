import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../command.ts';
import { environmentOf, insideCommand, killInside, processesBelow } from './container.ts';
import type { ContainerRunner } from './container-runner.ts';
import { quoted } from './root.ts';
import { isSet, type Session } from './session.ts';

/** exec and attach: a process of its own in the container, or the streams of the one that runs. */

export type ContainerStreams = Pick<ContainerRunner, 'pid' | 'stdin' | 'log' | 'state'>;

export function serveExec(
  session: Session,
  { pid }: ContainerStreams,
  query: URLSearchParams,
): void {
  const tty = isSet(query, 'tty');
  const command = insideCommand(pid, query.getAll('command'));
  // `script` gives the command a terminal of its own; -e passes its exit code on.
  const [file = '', ...args] = tty
    ? ['script', '-q', '-e', '-c', `exec ${command.map(quoted).join(' ')}`, '/dev/null']
    : command;
  const env = { ...environmentOf(pid), ...(tty ? { TERM: 'xterm', SHELL: '/bin/sh' } : {}) };
  const child = spawn(file, args, { stdio: 'pipe', env });
  child.stdin.on('error', () => {});
  if (isSet(query, 'input')) {
    session.stdin.pipe(child.stdin);
    session.stdin.on('close', () => child.stdin.end());
  } else child.stdin.end();
  const outputs = [passed(child.stdout, session.stdout), passed(child.stderr, session.stderr)];
  if (tty) session.onResize((size) => void resize(child, size));
  // As with kubelets a command without a terminal goes on, with what it was sent: clients send a file
  // to a `tar` and go.
  session.onGone(() => {
    if (!tty) session.stdin.end();
    else if (child.exitCode === null) killInside(child);
  });
  const ended = new Promise<object>((resolve) => {
    child.on('error', (error) => resolve({ ...exitStatus(126), message: error.message }));
    child.on('close', (code) => resolve(exitStatus(code ?? 137)));
  });
  void Promise.all([ended, ...outputs]).then(([status]) => session.finish(status));
}

/** Resolves when all of it has gone through, or nobody reads any more. */
function passed(from: Readable, to: Writable): Promise<void> {
  from.pipe(to);
  return new Promise((resolve) => {
    to.on('finish', () => resolve());
    to.on('close', () => {
      // whoever writes must not wait for a reader that is gone
      from.resume();
      resolve();
    });
  });
}

/** Unsent bytes at which a client that attached and does not read is cut off. */
const unsentMost = 1024 * 1024;

/** Output from now on, and input if the container was made with `stdin`. */
export function serveAttach(
  session: Session,
  container: ContainerStreams,
  query: URLSearchParams,
): void {
  const log = container.log(false);
  if (log === undefined) return void session.finish(exitStatus(126));
  const { stdin } = container;
  const stop = log.follow(
    ({ stream, text }) => {
      const to = session[stream];
      if (isSet(query, stream === 'stdout' ? 'output' : 'error')) to.write(text);
      if (to.writableLength > unsentMost) to.destroy();
    },
    () => void session.finish(exitStatus(0)),
  );
  session.onGone(stop);
  session.stdin.on('data', (part: Buffer) => stdin?.write(part));
  session.stdin.on('end', () => stdin?.end());
}

const terminalLookMs = 50;
const terminalLooks = 100;

/**
 * The terminal is known by the processes that have it; `stty` sets its size. Clients send theirs
 * first of all, before there is a terminal.
 */
async function resize(child: ChildProcessWithoutNullStreams, body: Buffer): Promise<void> {
  const size = parseSize(body);
  if (size === undefined) return;
  for (let look = 0; look < terminalLooks && child.exitCode === null; look += 1) {
    const terminal = processesBelow(child.pid ?? 0)
      .map(terminalOf)
      .find((path) => path !== undefined);
    if (terminal !== undefined) {
      const words = ['-F', terminal, 'cols', String(size.Width), 'rows', String(size.Height)];
      await runCommand('stty', words).catch(() => {});
      return;
    }
    await sleep(terminalLookMs);
  }
}

function parseSize(body: Buffer): { Width: number; Height: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(body.toString('utf8'));
    return Number.isInteger(Width) && Number.isInteger(Height) ? { Width, Height } : undefined;
  } catch {
    return undefined;
  }
}

function terminalOf(pid: number): string | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/fd/0`);
    return path.startsWith('/dev/pts/') ? path : undefined;
  } catch {
    return undefined;
  }
}

/** As the kubelet words it. */
function exitStatus(code: number): object {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: error executing command, exit code ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}
