import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import { selfSigned } from './certificates.ts';
import { atOnce, LoadClient } from './client.ts';
import { offer, type Paced } from './pace.ts';
import { freePort } from '../image/etcd.ts';
import { amounts } from './requests.ts';
import { rateOf } from './upstream.ts';

/** What the same work costs with nothing in between, on this machine, in this run. */
export interface Floor {
  /** CPU ms to answer 1.5 KB. */
  getMs: number;
  /** CPU ms to answer 10 MB. */
  listMs: number;
  /** CPU ms of a client for one etcd transaction of 1.5 KB. */
  createMs: number;
  /** CPU us to write 1.7 KB to one of 200 open responses. */
  frameUs: number;
  /** What clients wait for at the rates of the load: what is the machine's and the client's own. */
  paced: Record<PacedFloor, Paced>;
}

/** Reads: a bare server has an answer to these. */
export type PacedFloor = 'get' | 'list';

const pacedSeconds = 5;

const frameWatchers = 200;

export async function measureFloor(etcd: string): Promise<Floor> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-floor-'));
  const { key, cert } = selfSigned(folder, 'localhost');
  const port = await freePort();
  const program = join(import.meta.dirname, 'floor-server.ts');
  const child = spawn(process.execPath, [program, key, cert, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    const answers = await measureAnswers(`https://127.0.0.1:${port}`);
    return { ...answers, createMs: await measureTransactions(etcd) };
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureAnswers(url: string): Promise<Omit<Floor, 'createMs'>> {
  const client = new LoadClient(url, {});
  const cpu = async () =>
    (JSON.parse((await client.call('GET', '/cpu')).text) as { ms: number }).ms;
  const each = async (count: number, width: number, path: string): Promise<number> => {
    const before = await cpu();
    await atOnce(count, width, () => client.call('GET', path));
    return ((await cpu()) - before) / count;
  };
  await each(2_000, 32, '/one');
  const getMs = await each(15_000, 32, '/one');
  const listMs = await each(30, 4, '/list');
  const paced = async (work: PacedFloor, path: string): Promise<Paced> => {
    const { width } = amounts(1)[work];
    const perSecond = rateOf(work);
    const count = perSecond * pacedSeconds;
    return offer({ perSecond, width, count }, () => client.call('GET', path));
  };
  const waits = { get: await paced('get', '/one'), list: await paced('list', '/list') };
  const agent = new Agent({ maxSockets: frameWatchers, rejectUnauthorized: false });
  const watches = await Promise.all(
    Array.from(
      { length: frameWatchers },
      () =>
        new Promise<() => void>((resolve) => {
          const outgoing = get(`${url}/watch`, { agent }, (answer) => {
            answer.resume().on('error', () => {});
            resolve(() => outgoing.destroy());
          });
        }),
    ),
  );
  const frameUs = ((await each(200, 1, '/frame')) * 1_000) / frameWatchers;
  for (const close of watches) close();
  client.close();
  return { getMs, listMs, frameUs, paced: waits };
}

async function measureTransactions(etcd: string): Promise<number> {
  const client = new Etcd3({ hosts: etcd });
  const value = Buffer.alloc(1_500, 'x');
  let serial = 0;
  const run = async (count: number): Promise<number> => {
    const before = process.cpuUsage();
    await atOnce(count, 32, () => {
      const key = `/floor/${serial++}`;
      return client.if(key, 'Mod', '==', 0).then(client.put(key).value(value)).commit();
    });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / count;
  };
  await run(500);
  const ms = await run(3_000);
  client.close();
  return ms;
}
