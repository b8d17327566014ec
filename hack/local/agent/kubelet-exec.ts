import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { runCommand } from '../command.ts';
import { environmentOf, insideCommand, killInside, processesBelow } from './container.ts';
import type { ContainerRunner } from './container-runner.ts';
import { quoted } from './root.ts';

/**
 * exec and attach over a WebSocket whose messages begin with the number of their channel
 * (remotecommand.k8s.io v4 and v5). How it ended comes last, as a Status.
 */
const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

export type ContainerStreams = Pick<ContainerRunner, 'pid' | 'stdin' | 'log' | 'state'>;

/** The kubelet's form of booleans: 1 or true. */
export function isSet(query: URLSearchParams, name: string): boolean {
  return ['1', 'true'].includes(query.get(name) ?? '');
}

/** Unsent bytes at which reading from the process pauses until the client has caught up. */
const unsentMost = 1024 * 1024;
const drainLookMs = 20;

export function serveExec(ws: WebSocket, { pid }: ContainerStreams, query: URLSearchParams): void {
  const tty = isSet(query, 'tty');
  const command = insideCommand(pid, query.getAll('command'));
  // `script` gives the command a terminal of its own; -e passes its exit code on.
  const [file = '', ...args] = tty
    ? ['script', '-q', '-e', '-c', `exec ${command.map(quoted).join(' ')}`, '/dev/null']
    : command;
  const env = { ...environmentOf(pid), ...(tty ? { TERM: 'xterm', SHELL: '/bin/sh' } : {}) };
  const child = spawn(file, args, { stdio: 'pipe', env });
  sendAll(ws, child.stdout, channel.stdout);
  sendAll(ws, child.stderr, channel.stderr);
  child.stdin.on('error', () => {});
  if (!isSet(query, 'input')) child.stdin.end();
  ws.on('message', (data) => fromClient(data as Buffer, child, tty));
  ws.on('error', () => {});
  ws.on('close', () => {
    if (child.exitCode === null) killInside(child);
  });
  child.on('error', (error) => finish(ws, { ...exitStatus(126), message: error.message }));
  child.on('close', (code) => finish(ws, exitStatus(code ?? 137)));
}

/** Output from now on, and input if the container was made with `stdin`. */
export function serveAttach(
  ws: WebSocket,
  container: ContainerStreams,
  query: URLSearchParams,
): void {
  const log = container.log(false);
  if (log === undefined) return finish(ws, exitStatus(126));
  const { stdin } = container;
  const stop = log.follow(
    ({ stream, text }) => {
      if (isSet(query, stream === 'stdout' ? 'output' : 'error')) {
        ws.send(framed(channel[stream], Buffer.from(text)));
      }
      if (ws.bufferedAmount > unsentMost) ws.terminate();
    },
    () => finish(ws, exitStatus(0)),
  );
  ws.on('close', stop);
  ws.on('error', () => {});
  ws.on('message', (data) => {
    const message = data as Buffer;
    if (message[0] === channel.stdin) stdin?.write(message.subarray(1));
    else if (message[0] === channel.close && message[1] === channel.stdin) stdin?.end();
  });
}

function fromClient(message: Buffer, child: ChildProcessWithoutNullStreams, tty: boolean): void {
  const body = message.subarray(1);
  switch (message[0]) {
    case channel.stdin:
      child.stdin.write(body);
      break;
    case channel.close:
      if (body[0] === channel.stdin) child.stdin.end();
      break;
    case channel.resize:
      if (tty) void resize(child, body);
      break;
    default:
  }
}

function sendAll(ws: WebSocket, from: Readable, number: number): void {
  from.on('data', (bytes: Buffer) => {
    if (ws.readyState !== ws.OPEN) return;
    ws.send(framed(number, bytes));
    if (ws.bufferedAmount <= unsentMost) return;
    from.pause();
    const look = setInterval(() => {
      if (ws.readyState === ws.OPEN && ws.bufferedAmount > unsentMost) return;
      clearInterval(look);
      from.resume();
    }, drainLookMs);
  });
}

function framed(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number]), bytes]);
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

function finish(ws: WebSocket, status: object): void {
  if (ws.readyState !== ws.OPEN) return;
  ws.send(framed(channel.status, Buffer.from(JSON.stringify(status))));
  ws.close(1000);
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
