import { atOnce, LoadClient, measure } from './client.ts';
import { fanOut } from './fan-out.ts';
import { makeNamespace, pod } from './load.ts';
import { type MeasuredServer, startMeasuredServer } from './server-process.ts';
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
/** Requests under way at once while something is filled. */
const width = 32;

export async function measureCurve(
  axis: Axis,
  sizes: readonly number[],
  progress: (text: string) => void,
): Promise<Point[]> {
  const points: Point[] = [];
  for (const size of sizes) {
    progress(`${axis} ${size}`);
    const server = await startMeasuredServer();
    try {
      points.push(await measurePoint(server, axis, size));
    } finally {
      await server.stop();
    }
  }
  return points;
}

async function measurePoint(server: MeasuredServer, axis: Axis, size: number): Promise<Point> {
  const client = new LoadClient(server.url, server.token);
  await fill[axis](client, size);
  const pods = await makeNamespace(client, 'small');
  await atOnce(small, width, (i) => client.call('POST', pods, pod(i)));
  const { pid } = server;
  const named = (i: number) => `${pods}/p${i % small}`;
  const cost = async (count: number, one: (i: number) => Promise<{ ms: number }>) =>
    (await measure(pid, count, 16, one)).cpuMs;
  // the first of each kind pays for compilation
  await cost(200, (i) => client.call('GET', named(i)));
  const getMs = await cost(2_000, (i) => client.call('GET', named(i)));
  const listMs = await cost(200, () => client.call('GET', pods));
  const createMs = await cost(500, (i) => client.call('POST', pods, pod(small + i)));
  const patchMs = await cost(500, (i) => {
    const body = JSON.stringify({ metadata: { annotations: { r: String(i) } } });
    return client.call('PATCH', named(i), body, 'application/merge-patch+json');
  });
  const watchers = axis === 'watchers' ? size : 100;
  const fan = await fanOut(server, client, pods, { watchers, events: 50, objects: small });
  const rss = rssMb(pid);
  client.close();
  return { axis, size, getMs, listMs, createMs, patchMs, watchUs: fan.cpuUs, rssMb: rss };
}

/** What else is there, before the small namespace is looked at. */
const fill: Record<Axis, (client: LoadClient, size: number) => Promise<void>> = {
  watchers: async () => {},
  async kubelets(client, size) {
    const pods = '/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3D';
    await atOnce(size, width, (i) => client.watch(`${pods}node-${i}`));
  },
  async objects(client, size) {
    const perNamespace = 1_000;
    for (let at = 0; at < size; at += perNamespace) {
      const path = await fillNamespace(client, `fill-${at / perNamespace}`);
      await atOnce(Math.min(perNamespace, size - at), width, (i) =>
        client.call('POST', path, settings(i)),
      );
    }
    // until somebody reads them they are in no cache
    await client.call('GET', '/api/v1/configmaps?limit=1');
  },
  async namespaces(client, size) {
    const objects = 1_000;
    const paths: string[] = [];
    for (let i = 0; i < size; i++) paths.push(await fillNamespace(client, `fill-${i}`));
    await atOnce(objects, width, (i) =>
      client.call('POST', paths[i % size] as string, settings(i)),
    );
    await client.call('GET', '/api/v1/configmaps?limit=1');
  },
  async definitions(client, size) {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await atOnce(size, width, (i) => client.call('POST', path, definition(i)));
    await client.call('GET', '/apis');
  },
};

async function fillNamespace(client: LoadClient, name: string): Promise<string> {
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await client.call('POST', '/api/v1/namespaces', body);
  return `/api/v1/namespaces/${name}/configmaps`;
}

/** A ConfigMap of about 1.3 KB as stored. */
function settings(i: number): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `c${i}`, labels: { app: `a${i % 50}` } },
    data: { text: 'x'.repeat(900) },
  });
}

function definition(i: number): string {
  const group = `g${i}.scale.example`;
  const text = { type: 'string' };
  const spec = { type: 'object', properties: { size: { type: 'integer' }, color: text } };
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'things', singular: 'thing', kind: 'Thing' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  });
}
