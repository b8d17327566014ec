import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startEtcd } from '../image/etcd.ts';
import { administrator } from './certificates.ts';
import type { Credentials } from './client.ts';

/** An etcd and an API server of their own, as processes on loopback, for one measurement. */
export interface MeasuredServer {
  url: string;
  etcd: string;
  credentials: Credentials;
  pid: number;
  /** From the start of the process until /readyz says ok. */
  readyMs: number;
  /** Graceful, so that profiles are written; resolves when both have ended and left nothing. */
  stop(): Promise<void>;
}

/** What a program is started with: the flags name what lies in the folder. */
export interface Surroundings {
  folder: string;
  etcd: string;
  port: number;
  /** File of the authority that signed the client's certificate. */
  authority: string;
}

export interface Program {
  command: string;
  words: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** The path that says 200 when it serves; `/readyz` when absent. */
  readyPath?: string;
}

const readyWithinMs = 120_000;

/** Starts etcd and what `programOf` says, and waits until it is ready for who is in system:masters. */
export async function startMeasured(
  programOf: (surroundings: Surroundings) => Program,
): Promise<MeasuredServer> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-bench-'));
  const { authority, credentials } = administrator(folder);
  const etcd = await startEtcd(folder);
  const port = await freePort();
  const {
    command,
    words,
    env,
    cwd,
    readyPath = '/readyz',
  } = programOf({ folder, etcd: etcd.url, port, authority });
  const logFile = join(folder, 'apiserver.log');
  const began = performance.now();
  const child = spawn(command, words, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', openSync(logFile, 'w')],
  });
  const url = `https://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await end(child, 'SIGTERM');
    await end(etcd.child, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(child, `${url}${readyPath}`, credentials, began + readyWithinMs);
  } catch (error) {
    process.stderr.write(readFileSync(logFile, 'utf8').slice(-4_000));
    await stop();
    throw error;
  }
  const readyMs = Math.round(performance.now() - began);
  return { url, etcd: etcd.url, credentials, pid: child.pid ?? 0, readyMs, stop };
}

async function untilReady(
  child: ChildProcess,
  url: string,
  credentials: Credentials,
  deadline: number,
): Promise<void> {
  let answer = '';
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the API server ended with ${child.exitCode}`);
    answer = await answerOf(url, credentials);
    if (answer === '200') return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the API server was not ready within ${readyWithinMs / 1000} s: ${answer}`);
}

/** The code, or why there is none. */
function answerOf(url: string, { certificate }: Credentials): Promise<string> {
  return new Promise((resolve) => {
    const options = { rejectUnauthorized: false, agent: false as const, ...certificate };
    const outgoing = request(url, options, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(String(answer.statusCode)));
    });
    outgoing.on('error', ({ message }) => resolve(message));
    outgoing.end();
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
