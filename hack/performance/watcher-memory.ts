import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from './certificates.ts';
import { type Credentials, atOnce, LoadClient } from './client.ts';
import { openWatches } from './fan-out.ts';
import { settle } from './load.ts';
import { freePort } from '../image/etcd.ts';
import { short } from './report.ts';
import { allocator, heapArguments, startMeasuredServer } from './server-process.ts';
import { rssMb } from './usage.ts';

/** What a watcher that is told nothing holds of the server's memory, and how much of it is Node's own. */
export interface WatcherMemory {
  /** KB of resident memory for each, by who serves it and over what. */
  sockets: number;
  http1: number;
  oursHttp1: number;
  oursHttp2: number;
}

interface Server {
  url: string;
  pid: number;
  credentials: Credentials;
}

/** These come before, and pay for what all share. */
const first = 100;
const watchPath = '/api/v1/pods?watch=1&resourceVersion=0';

export async function measureWatcherMemory(
  count: number,
  progress: (text: string) => void,
): Promise<WatcherMemory> {
  progress("Node's TLS sockets");
  const sockets = await bare('sockets', (server) => perWatch(server, count));
  progress("Node's HTTP/1.1 server");
  const http1 = await bare('http', (server) => perWatch(server, count));
  progress('quorate, HTTP/1.1');
  const oursHttp1 = await ours((server) => perWatch(server, count));
  progress('quorate, HTTP/2');
  const oursHttp2 = await ours((server) => perStream(server, count));
  return { sockets, http1, oursHttp1, oursHttp2 };
}

export function watcherMemoryTable(memory: WatcherMemory): string[][] {
  const kilobytes = (value: number): string => `${short(value)} KB`;
  return [
    ['a watcher that is told nothing', 'resident memory'],
    [
      "a TLS socket of Node's, a request read and a head written by hand",
      kilobytes(memory.sockets),
    ],
    ["the same with Node's HTTP/1.1 server", kilobytes(memory.http1)],
    ['a watch over HTTP/1.1, on a connection of its own', kilobytes(memory.oursHttp1)],
    ['a watch over HTTP/2, 100 on a connection', kilobytes(memory.oursHttp2)],
  ];
}

async function grown(
  server: Server,
  count: number,
  open: (count: number) => Promise<unknown>,
): Promise<number> {
  await open(first);
  await settle(server.pid);
  const before = rssMb(server.pid);
  await open(count);
  await settle(server.pid);
  return ((rssMb(server.pid) - before) * 1_024) / count;
}

async function perWatch(server: Server, count: number): Promise<number> {
  const opened: (() => void)[] = [];
  const each = await grown(server, count, async (more) => {
    opened.push(await openWatches(server, watchPath, more, () => {}));
  });
  for (const close of opened) close();
  return each;
}

async function perStream(server: Server, count: number): Promise<number> {
  const client = new LoadClient(server.url, server.credentials);
  const each = await grown(server, count, (more) =>
    atOnce(more, 32, () => client.watch(watchPath)),
  );
  client.close();
  return each;
}

async function ours(measure: (server: Server) => Promise<number>): Promise<number> {
  const server = await startMeasuredServer();
  try {
    await settle(server.pid);
    return await measure(server);
  } finally {
    await server.stop();
  }
}

async function bare(kind: string, measure: (server: Server) => Promise<number>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-bare-'));
  const { key, cert } = selfSigned(folder, 'localhost');
  const port = await freePort();
  const program = join(import.meta.dirname, 'bare-server.ts');
  const words = [...heapArguments, program, kind, key, cert, String(port)];
  const env = { ...process.env, ...allocator };
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    return await measure({
      url: `https://127.0.0.1:${port}`,
      pid: child.pid ?? 0,
      credentials: {},
    });
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
