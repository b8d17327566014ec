import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundlePrograms } from '../programs.ts';
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

const root = join(import.meta.dirname, '../..');
const readyWithinMs = 60_000;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface MeasuredServerOptions {
  /** Arguments of Node.js before the program: `--cpu-prof`. */
  nodeArguments?: readonly string[];
}

/** As the operator sets it (operator/control-plane/desired/api-server.ts). */
const allocator = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

export async function startMeasuredServer(
  options: MeasuredServerOptions = {},
): Promise<MeasuredServer> {
  await bundlePrograms();
  const folder = mkdtempSync(join(tmpdir(), 'quorate-bench-'));
  const etcd = await startEtcd(folder);
  const token = randomUUID();
  const port = await freePort();
  mkdirSync(join(folder, 'certs'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(folder, 'sa.key'), key);
  writeFileSync(join(folder, 'tokens.csv'), `${token},bench,bench,"system:masters"\n`);
  const logFile = join(folder, 'apiserver.log');
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...(options.nodeArguments ?? []),
      // as the operator starts it (operator/control-plane/desired/api-server.ts)
      '--max-semi-space-size=4',
      'dist/apiserver.js',
      `--etcd-servers=${etcd.url}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, 'certs')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
      `--service-account-key-file=${join(folder, 'sa.key')}`,
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--authorization-mode=Node,RBAC',
      '--endpoint-reconciler-type=none',
    ],
    {
      cwd: root,
      env: { ...process.env, ...allocator },
      stdio: ['ignore', 'ignore', openSync(logFile, 'w')],
    },
  );
  const url = `https://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await end(child, 'SIGTERM');
    await end(etcd.child, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(child, url, token, began + readyWithinMs);
  } catch (error) {
    process.stderr.write(readFileSync(logFile, 'utf8').slice(-4_000));
    await stop();
    throw error;
  }
  const readyMs = Math.round(performance.now() - began);
  return { url, etcd: etcd.url, credentials: { token }, pid: child.pid ?? 0, readyMs, stop };
}

async function startEtcd(folder: string): Promise<{ url: string; child: ChildProcess }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const program = process.env['ETCD'] ?? 'etcd';
  const child = spawn(
    program,
    [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ],
    { stdio: 'ignore' },
  );
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', () =>
      reject(
        new Error(`${program} cannot be started (Debian, Ubuntu: apt-get install etcd-server)`),
      ),
    );
  });
  return { url, child };
}

async function untilReady(
  child: ChildProcess,
  url: string,
  token: string,
  deadline: number,
): Promise<void> {
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the API server ended with ${child.exitCode}`);
    if ((await codeOf(`${url}/readyz`, token)) === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the API server was not ready within ${readyWithinMs / 1000} s`);
}

function codeOf(url: string, token: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const outgoing = request(
      url,
      { headers, rejectUnauthorized: false, agent: false },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    outgoing.on('error', () => resolve(0));
    outgoing.end();
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
