import type { LoadClient, Reply } from './client.ts';

/** The kinds of work of a control plane under use, in the order in which a load goes through them. */
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

/** As the tables call them. */
export function nameOf(work: Work | 'watch', what = 'pod'): string {
  const names: Record<Work | 'watch', string> = {
    create: 'create',
    get: `GET one ${what}`,
    list: `LIST 3,000 ${what}s`,
    'list-consistent': 'the same, consistent',
    'list-label': 'LIST by label, 60 of 3,000',
    'list-page': 'LIST page of 500',
    patch: 'merge patch',
    apply: 'server-side apply',
    delete: 'delete',
    watch: 'watch event to one watcher',
  };
  return names[work];
}

/** Where a load works, and on what: `p0` and so on, of one kind, in one namespace. */
export interface Target {
  /** Path of the collection. */
  path: string;
  apiVersion: string;
  kind: string;
  /** As many are made; reads and changes go round them. */
  objects: number;
  /** The i-th object, as a client makes it. */
  body(i: number): string;
}

/** How often each kind of work is done in one load, and how many requests may be under way. */
export function amounts(objects: number): Record<Work, { count: number; width: number }> {
  return {
    create: { count: objects, width: 32 },
    get: { count: objects * 3, width: 32 },
    list: { count: 20, width: 4 },
    'list-consistent': { count: 10, width: 2 },
    'list-label': { count: 40, width: 4 },
    'list-page': { count: 20, width: 4 },
    patch: { count: objects, width: 32 },
    apply: { count: Math.min(objects, 500), width: 16 },
    delete: { count: objects, width: 32 },
  };
}

/** One request of each kind of work; creating and deleting take each number once. */
export function requests(
  client: LoadClient,
  { path, apiVersion, kind, objects, body }: Target,
): Record<Work, (i: number) => Promise<Reply>> {
  const named = (i: number): string => `${path}/p${i % objects}`;
  return {
    create: (i) => client.call('POST', path, body(i)),
    get: (i) => client.call('GET', named(i)),
    list: () => client.call('GET', `${path}?resourceVersion=0`),
    'list-consistent': () => client.call('GET', path),
    'list-label': () => client.call('GET', `${path}?resourceVersion=0&labelSelector=app%3Da7`),
    'list-page': () => client.call('GET', `${path}?limit=500`),
    patch: (i) => {
      const change = JSON.stringify({ metadata: { annotations: { r: String(i) } } });
      return client.call('PATCH', named(i), change, 'application/merge-patch+json');
    },
    apply: (i) => {
      const metadata = { name: `p${i % objects}`, labels: { applied: `y${i}` } };
      const applied = JSON.stringify({ apiVersion, kind, metadata });
      const query = 'fieldManager=load&force=true';
      return client.call('PATCH', `${named(i)}?${query}`, applied, 'application/apply-patch+yaml');
    },
    delete: (i) => client.call('DELETE', `${path}/p${i}?gracePeriodSeconds=0`),
  };
}
