import { Agent, get } from 'node:https';
import { type LoadClient, percentile } from './client.ts';
import type { MeasuredServer } from './server-process.ts';
import { cpuMs } from './usage.ts';

/** What it costs to tell many watchers of a change. */
export interface FanOut {
  delivered: number;
  wanted: number;
  perSecond: number;
  /** CPU of the server for each event to one watcher, in microseconds. */
  cpuUs: number;
  p50Ms: number;
  p99Ms: number;
}

const patienceMs = 90_000;
const handshakes = 100;

/** `events` changes, one after another, seen by `watchers` watches of one collection over HTTP/1.1. */
export async function fanOut(
  server: MeasuredServer,
  client: LoadClient,
  pods: string,
  { watchers, events, objects }: { watchers: number; events: number; objects: number },
): Promise<FanOut> {
  const first = JSON.parse((await client.call('GET', `${pods}?limit=1`)).text) as {
    metadata: { resourceVersion: string };
  };
  const sent: number[] = [];
  const delays: number[] = [];
  const all = Promise.withResolvers<void>();
  const seen = (i: number): void => {
    delays.push(performance.now() - (sent[i] ?? 0));
    if (delays.length === watchers * events) all.resolve();
  };
  const agent = new Agent({ keepAlive: true, maxSockets: watchers, rejectUnauthorized: false });
  const url = `${server.url}${pods}?watch=1&resourceVersion=${first.metadata.resourceVersion}`;
  const open: (() => void)[] = [];
  // a few handshakes at a time: the first waits for the last of those that begin with it
  while (open.length < watchers) {
    const more = Math.min(handshakes, watchers - open.length);
    const begun = Array.from({ length: more }, () => watch(url, server.token, agent, seen));
    open.push(...(await Promise.all(begun)));
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const cpuBefore = cpuMs(server.pid);
  const began = performance.now();
  for (let i = 0; i < events; i++) {
    sent.push(performance.now());
    const body = JSON.stringify({ metadata: { annotations: { fan: String(i) } } });
    await client.call('PATCH', `${pods}/p${i % objects}`, body, 'application/merge-patch+json');
  }
  const timer = setTimeout(all.resolve, patienceMs);
  await all.promise;
  clearTimeout(timer);
  const seconds = (performance.now() - began) / 1000;
  const cpu = cpuMs(server.pid) - cpuBefore;
  for (const close of open) close();
  agent.destroy();
  const delivered = delays.length;
  return {
    delivered,
    wanted: watchers * events,
    perSecond: Math.round(delivered / seconds),
    cpuUs: (cpu * 1000) / Math.max(1, delivered),
    p50Ms: percentile(delays, 0.5),
    p99Ms: percentile(delays, 0.99),
  };
}

/** Resolves when the watch stands; gives the way to end it. */
function watch(
  url: string,
  token: string,
  agent: Agent,
  seen: (i: number) => void,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const outgoing = get(
      url,
      { agent, headers: { authorization: `Bearer ${token}` } },
      (answer) => {
        let rest = '';
        answer.on('data', (part: Buffer) => {
          const lines = (rest + part.toString()).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            const number = /"fan":"(\d+)"/.exec(line)?.[1];
            if (number !== undefined) seen(Number(number));
          }
        });
        answer.on('error', () => {});
        resolve(() => outgoing.destroy());
      },
    );
    outgoing.on('error', reject);
  });
}
