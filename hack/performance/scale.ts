import { type Cost, LoadClient, measure } from './client.ts';
import { fanOut } from './fan-out.ts';
import { fillDefinitions, fillKubelets, fillSettings } from './fill.ts';
import { settle } from './load.ts';
import { makePods } from './pods.ts';
import { requests } from './requests.ts';
import type { MeasuredServer } from './processes.ts';
import { startMeasuredServer } from './server-process.ts';
import { rssMb } from './usage.ts';

/**
 * How costs grow with what is stored and watched. What an operation costs must follow its result,
 * not the store: the same few operations on the same small namespace at every size.
 */
export const axes = {
  objects: [1_000, 10_000, 100_000],
  watchers: [100, 1_000, 5_000],
  namespaces: [1, 1_000],
  definitions: [1, 100, 1_000],
  /** Watches of pods, each by another node, as kubelets have them. */
  kubelets: [1, 1_000, 5_000],
} as const;
export type Axis = keyof typeof axes;

export interface Point {
  axis: Axis;
  size: number;
  /** CPU of the server for each, in ms. */
  getMs: number;
  /** Of 100 pods in one namespace. */
  listMs: number;
  createMs: number;
  patchMs: number;
  /** For each event to one of the watchers (100 but on that axis), in us. */
  watchUs: number;
  rssMb: number;
}

const small = 100;
/** What is filled must have been taken up, before anything is measured. */
const settledWithinMs = 60_000;

export async function measureCurve(
  axis: Axis,
  sizes: readonly number[],
  progress: (text: string) => void,
): Promise<Point[]> {
  const points: Point[] = [];
  for (const size of sizes) {
    const server = await startMeasuredServer();
    const began = performance.now();
    try {
      const client = new LoadClient(server.url, server.credentials);
      await fill[axis](client, size, server);
      const busyMs = await settle(server.pid, settledWithinMs);
      points.push(await measurePoint(server, client, axis, size));
      client.close();
      const [busy, all] = [busyMs, performance.now() - began].map((ms) => Math.round(ms / 1_000));
      progress(`${axis} ${size}: ${all} s, of them ${busy} s until the server was idle`);
    } finally {
      await server.stop();
    }
  }
  return points;
}

async function measurePoint(
  server: MeasuredServer,
  client: LoadClient,
  axis: Axis,
  size: number,
): Promise<Point> {
  const { pid } = server;
  const pods = await makePods(client, 'small', small);
  const one = requests(client, pods);
  const run = (count: number, work: (i: number) => Promise<{ ms: number }>): Promise<Cost> =>
    measure(pid, count, 16, work);
  await run(small, one.create);
  // the first of each kind pay for compilation
  const first = 500;
  await run(first, (i) => one.create(small + i));
  await run(first, (i) => one.delete(small + i));
  await run(first, one.patch);
  await run(first, one.get);
  await run(first / 10, one['list-consistent']);
  const getMs = (await run(2_000, one.get)).cpuMs;
  const listMs = (await run(200, one['list-consistent'])).cpuMs;
  const createMs = (await run(500, (i) => one.create(small + first + i))).cpuMs;
  const patchMs = (await run(500, one.patch)).cpuMs;
  const watchers = axis === 'watchers' ? size : 100;
  const fan = await fanOut(server, client, pods, { watchers, events: 50 });
  return { axis, size, getMs, listMs, createMs, patchMs, watchUs: fan.cpuUs, rssMb: rssMb(pid) };
}

/** What else is there, before the small namespace is looked at. */
const fill: Record<
  Axis,
  (client: LoadClient, size: number, server: MeasuredServer) => Promise<void>
> = {
  watchers: async () => {},
  kubelets: fillKubelets,
  objects: (client, size, server) => fillSettings(server, client, size),
  namespaces: (client, size, server) => fillSettings(server, client, 1_000, size),
  definitions: fillDefinitions,
};
