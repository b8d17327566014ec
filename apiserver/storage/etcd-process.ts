import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A real etcd member on loopback, for tests and measurements. */
export interface EtcdProcess {
  readonly endpoint: string;
  /** SIGKILL; the data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
  /** SIGSTOP and SIGCONT: the member is there but answers nothing. */
  pause(): void;
  resume(): void;
  /** Kills it and empties its data: what starts again is another cluster. */
  wipe(): Promise<void>;
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

export interface EtcdArguments {
  /** Come last: `--snapshot-count=…`, TLS files (`scheme` is then https). */
  args?: readonly string[];
  scheme?: 'http' | 'https';
}

/** One member. */
export async function startEtcd(options: EtcdArguments = {}): Promise<EtcdProcess> {
  const [only] = await startEtcdCluster(1, options);
  return only as EtcdProcess;
}

/** A cluster of `members`, all serving. */
export async function startEtcdCluster(
  members: number,
  { args = [], scheme = 'http' }: EtcdArguments = {},
): Promise<EtcdProcess[]> {
  const binary = findEtcd();
  if (binary === undefined) {
    throw new Error(
      'no etcd found: install it (Debian, Ubuntu: etcd-server) or name it in the ETCD variable',
    );
  }
  const places = [];
  for (let i = 0; i < members; i++) {
    places.push({
      name: `m${i}`,
      endpoint: `${scheme}://127.0.0.1:${await freePort()}`,
      peer: `http://127.0.0.1:${await freePort()}`,
    });
  }
  const cluster = places.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const starts = places.map(({ name, endpoint, peer }) => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-etcd-'));
    return member(binary, endpoint, folder, [
      `--name=${name}`,
      `--data-dir=${folder}/data`,
      `--listen-client-urls=${endpoint}`,
      `--advertise-client-urls=${endpoint}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=${cluster}`,
      '--logger=zap',
      ...args,
    ]);
  });
  return Promise.all(starts);
}

async function member(
  binary: string,
  endpoint: string,
  folder: string,
  args: readonly string[],
): Promise<EtcdProcess> {
  let child = await launch(binary, args);
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
      child = await launch(binary, args);
    },
    pause() {
      child.kill('SIGSTOP');
      // the signal is on its way to each thread; one that runs on may still answer
      while (!isStopped(child.pid ?? 0))
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    },
    resume: () => void child.kill('SIGCONT'),
    wipe: async () => {
      await kill();
      rmSync(join(folder, 'data'), { recursive: true, force: true });
    },
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

/** Whether every thread of the process stands still (proc(5): state T). */
function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}
