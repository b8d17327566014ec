import { type Cost, LoadClient, measure } from './client.ts';
import { type FanOut, fanOut } from './fan-out.ts';
import type { MeasuredServer } from './server-process.ts';
import { cpuMs, rssMb } from './usage.ts';

/** The work of a control plane under use, one kind after another, on pods of about 3.3 KB. */

export const works = [
  'create',
  'get',
  'list',
  'list-consistent',
  'list-label',
  'list-page',
  'patch',
  'apply',
  'delete',
] as const;
export type Work = (typeof works)[number];

export interface LoadFigures {
  objects: number;
  watchers: number;
  readyMs: number;
  listBytes: number;
  cost: Partial<Record<Work, Cost>>;
  fanOut: FanOut | undefined;
  rssMb: { fresh: number; loaded: number; end: number };
}

export interface LoadOptions {
  objects: number;
  watchers: number;
  /** Which kinds are measured; creating comes always, the rest needs it. */
  only: ReadonlySet<Work | 'watch'>;
  /** What repetitions are multiplied by, for profiles. */
  times: number;
  progress(text: string): void;
}

/** As clients make them: `app` has 50 values, so a selector finds one in 50. */
export function pod(i: number): string {
  const env = Array.from({ length: 8 }, (_, k) => ({ name: `VAR_${k}`, value: `value-${k}` }));
  const main = {
    name: 'main',
    image: 'registry.example/app:v1',
    args: ['--a=1', '--b=2'],
    env,
    resources: { requests: { cpu: '100m', memory: '64Mi' } },
    ports: [{ containerPort: 8080, name: 'http' }],
  };
  const labels = { app: `a${i % 50}`, tier: 'web', 'pod-template-hash': `abc${i % 7}` };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${i}`, labels, annotations: { note: 'x'.repeat(200) } },
    spec: {
      automountServiceAccountToken: false,
      containers: [main, { name: 'side', image: 'registry.example/side:v1' }],
    },
  });
}

/** An empty namespace in which pods can be made at once: nobody else makes its service account. */
export async function makeNamespace(client: LoadClient, name: string): Promise<string> {
  const object = (kind: string, named: string) =>
    JSON.stringify({ apiVersion: 'v1', kind, metadata: { name: named } });
  await client.call('POST', '/api/v1/namespaces', object('Namespace', name));
  const accounts = `/api/v1/namespaces/${name}/serviceaccounts`;
  await client.call('POST', accounts, object('ServiceAccount', 'default'));
  return `/api/v1/namespaces/${name}/pods`;
}

export async function runLoad(server: MeasuredServer, options: LoadOptions): Promise<LoadFigures> {
  const { objects, only, times, progress } = options;
  const { pid } = server;
  const client = new LoadClient(server.url, server.token);
  // what start-up has left to do is not the load's
  await settle(pid);
  const fresh = rssMb(pid);
  const pods = await makeNamespace(client, 'load');
  const cost: Partial<Record<Work, Cost>> = {};
  const run = async (
    work: Work,
    count: number,
    width: number,
    one: (i: number) => Promise<{ ms: number }>,
  ): Promise<void> => {
    if (!only.has(work) && work !== 'create') return;
    progress(work);
    const repeated = work === 'create' || work === 'delete' ? count : count * times;
    cost[work] = await measure(pid, repeated, width, one);
  };
  const named = (i: number) => `${pods}/p${i % objects}`;
  await run('create', objects, 32, (i) => client.call('POST', pods, pod(i)));
  await run('get', objects * 3, 32, (i) => client.call('GET', named(i)));
  const whole = await client.call('GET', pods);
  await run('list', 20, 4, () => client.call('GET', `${pods}?resourceVersion=0`));
  await run('list-consistent', 10, 2, () => client.call('GET', pods));
  const labelled = `${pods}?resourceVersion=0&labelSelector=app%3Da7`;
  await run('list-label', 40, 4, () => client.call('GET', labelled));
  await run('list-page', 20, 4, () => client.call('GET', `${pods}?limit=500`));
  await run('patch', objects, 32, (i) => {
    const body = JSON.stringify({ metadata: { annotations: { r: String(i) } } });
    return client.call('PATCH', named(i), body, 'application/merge-patch+json');
  });
  await run('apply', Math.min(objects, 500), 16, (i) => {
    const metadata = { name: `p${i % objects}`, labels: { applied: `y${i}` } };
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata });
    const path = `${named(i)}?fieldManager=load&force=true`;
    return client.call('PATCH', path, body, 'application/apply-patch+yaml');
  });
  let fan: FanOut | undefined;
  if (only.has('watch')) {
    progress('watch');
    const events = 200 * times;
    fan = await fanOut(server, client, pods, { watchers: options.watchers, events, objects });
  }
  const loaded = rssMb(pid);
  await run('delete', objects, 32, (i) =>
    client.call('DELETE', `${pods}/p${i}?gracePeriodSeconds=0`),
  );
  const end = rssMb(pid);
  client.close();
  return {
    objects,
    watchers: options.watchers,
    readyMs: server.readyMs,
    listBytes: whole.bytes,
    cost,
    fanOut: fan,
    rssMb: { fresh, loaded, end },
  };
}

/** Until the server has done next to nothing for half a second, 10 s at most. */
async function settle(pid: number): Promise<void> {
  let before = cpuMs(pid);
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = cpuMs(pid);
    if (now - before < 10) return;
    before = now;
  }
}
