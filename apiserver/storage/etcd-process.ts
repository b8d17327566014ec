import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A real etcd of one member on loopback, for tests and measurements. */
export interface EtcdProcess {
  readonly endpoint: string;
  /** SIGKILL; the data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
  /** SIGSTOP and SIGCONT: the member is there but answers nothing. */
  pause(): void;
  resume(): void;
  /** Kills it and removes its data. */
  stop(): Promise<void>;
}

/** The etcd program: `ETCD` in the environment, else in PATH. Undefined when there is none. */
export function findEtcd(): string | undefined {
  const { ETCD, PATH = '' } = process.env;
  const candidates = ETCD ? [ETCD] : PATH.split(delimiter).map((folder) => join(folder, 'etcd'));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** `args` come last: `--snapshot-count=…`, TLS files (`scheme` is then https). */
export async function startEtcd(
  args: readonly string[] = [],
  scheme: 'http' | 'https' = 'http',
): Promise<EtcdProcess> {
  const binary = findEtcd();
  if (binary === undefined) {
    throw new Error(
      'no etcd found: install it (Debian, Ubuntu: etcd-server) or name it in the ETCD variable',
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'quorate-etcd-'));
  const endpoint = `${scheme}://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const all = [
    '--name=m0',
    `--data-dir=${folder}/data`,
    `--listen-client-urls=${endpoint}`,
    `--advertise-client-urls=${endpoint}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=m0=${peer}`,
    '--logger=zap',
    ...args,
  ];
  let child = await launch(binary, all);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const over = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await over;
  };
  return {
    endpoint,
    kill,
    restart: async () => {
      await kill();
      child = await launch(binary, all);
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when it says it serves clients. */
async function launch(binary: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`etcd ended with ${code}: ${said.slice(-2000)}`)));
    child.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < 100_000) said += chunk.toString();
      if (/serving (insecure )?client (requests|traffic)/.test(said)) resolve();
    });
  });
  child.removeAllListeners('exit');
  child.stderr?.removeAllListeners('data').resume();
  return child;
}
