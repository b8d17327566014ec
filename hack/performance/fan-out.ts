import { Agent, get } from 'node:https';
import { authorization, type Credentials, type LoadClient, mean, percentile } from './client.ts';
import { inTime } from './pace.ts';
import type { Target } from './requests.ts';
import type { MeasuredServer } from './processes.ts';
import { cpuMs } from './usage.ts';

/** What it costs to tell many watchers of a change. */
export interface FanOut {
  /** Events delivered, to all watchers together. */
  perSecond: number;
  /** CPU of the server for each event to one watcher, in microseconds. */
  cpuUs: number;
  p50Ms: number;
  p99Ms: number;
  meanMs: number;
}

const patienceMs = 90_000;
const handshakes = 100;

export interface FanOutOptions {
  watchers: number;
  events: number;
  /** Changes a second; without it each follows the answer to the one before. */
  perSecond?: number;
  /** Runs what is measured, once all watches stand. */
  around?(run: () => Promise<void>): Promise<void>;
}

/**
 * `events` changes, one under way at a time, seen by `watchers` watches of one collection over HTTP/1.1.
 * Delays count from the moment at which a change is sent, or is to be sent.
 */
export async function fanOut(
  server: MeasuredServer,
  client: LoadClient,
  { path, objects }: Target,
  { watchers, events, perSecond = Infinity, around = (run) => run() }: FanOutOptions,
): Promise<FanOut> {
  const first = JSON.parse((await client.call('GET', `${path}?limit=1`)).text) as {
    metadata: { resourceVersion: string };
  };
  const sent: number[] = [];
  const delays: number[] = [];
  const all = Promise.withResolvers<void>();
  const seen = (i: number): void => {
    delays.push(performance.now() - (sent[i] ?? 0));
    if (delays.length === watchers * events) all.resolve();
  };
  const query = `watch=1&resourceVersion=${first.metadata.resourceVersion}`;
  const close = await openWatches(server, `${path}?${query}`, watchers, seen);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const wanted = watchers * events;
  const late = (): void =>
    all.reject(new Error(`${delays.length} of ${wanted} events came in ${patienceMs / 1_000} s`));
  let [seconds, cpu] = [0, 0];
  await around(async () => {
    const cpuBefore = cpuMs(server.pid);
    const began = performance.now();
    await inTime({ perSecond, count: events, width: 1 }, (i, due) => {
      sent.push(due);
      const body = JSON.stringify({ metadata: { annotations: { fan: String(i) } } });
      return client.call('PATCH', `${path}/p${i % objects}`, body, 'application/merge-patch+json');
    });
    const timer = setTimeout(late, patienceMs);
    await all.promise;
    clearTimeout(timer);
    seconds = (performance.now() - began) / 1_000;
    cpu = cpuMs(server.pid) - cpuBefore;
  });
  close();
  return {
    perSecond: Math.round(wanted / seconds),
    cpuUs: (cpu * 1_000) / wanted,
    p50Ms: percentile(delays, 0.5),
    p99Ms: percentile(delays, 0.99),
    meanMs: mean(delays),
  };
}

/** As many watches over HTTP/1.1, each on a connection of its own; gives the way to end them. */
export async function openWatches(
  { url, credentials }: Pick<MeasuredServer, 'url' | 'credentials'>,
  path: string,
  count: number,
  seen: (i: number) => void,
): Promise<() => void> {
  const secured = { rejectUnauthorized: false, ...credentials.certificate };
  const agent = new Agent({ keepAlive: true, maxSockets: count, ...secured });
  const open: (() => void)[] = [];
  // a few handshakes at a time: the first waits for the last of those that begin with it
  while (open.length < count) {
    const more = Math.min(handshakes, count - open.length);
    const begun = Array.from({ length: more }, () => watch(url + path, credentials, agent, seen));
    open.push(...(await Promise.all(begun)));
  }
  return () => {
    for (const close of open) close();
    agent.destroy();
  };
}

/** Resolves when the watch stands; gives the way to end it. */
function watch(
  url: string,
  credentials: Credentials,
  agent: Agent,
  seen: (i: number) => void,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const outgoing = get(url, { agent, headers: authorization(credentials) }, (answer) => {
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
    });
    outgoing.on('error', reject);
  });
}
