import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster } from '../reconciler/cluster.ts';
import { discover } from './discovery.ts';

const version = (name: string, kind: string, freshness: string) => ({
  version: name,
  freshness,
  resources: [
    {
      resource: `${kind.toLowerCase()}s`,
      responseKind: { kind },
      scope: 'Namespaced',
      verbs: ['delete', 'list'],
    },
  ],
});
const group = (name: string, ...versions: object[]) => ({ metadata: { name }, versions });

test('what is served by a server that is away counts as failed, not as something to ask for', async () => {
  const items = {
    '/api': [group('', version('v1', 'Pod', 'Current'))],
    '/apis': [
      group('away.example.com', version('v1', 'Widget', 'Stale')),
      group('half.example.com', version('v2', 'Thing', 'Stale'), version('v1', 'Thing', 'Current')),
    ],
  };
  const raw = (path: string) =>
    Promise.resolve(
      JSON.stringify({ kind: 'APIGroupDiscoveryList', items: items[path as keyof typeof items] }),
    );
  const { resources, everyVersion, failed } = await discover({
    raw,
  } as Partial<Cluster> as Cluster);
  assert.deepEqual(failed, ['away.example.com/v1', 'half.example.com/v2']);
  const names = (list: typeof resources) => list.map((r) => `${r.group}/${r.version} ${r.kind}`);
  assert.deepEqual(names(resources), ['/v1 Pod', 'half.example.com/v1 Thing']);
  assert.deepEqual(names(everyVersion), ['/v1 Pod', 'half.example.com/v1 Thing']);
});
