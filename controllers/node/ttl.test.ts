import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodes } from '../resources.ts';
import { startScenario } from '../scenario.ts';
import { stepFor, ttlController } from './ttl.ts';

const annotation = 'node.alpha.kubernetes.io/ttl';

test('steps are climbed and left at different counts', () => {
  const up = [0, 100, 101, 500, 501, 1000, 1001, 2000, 2001, 9000];
  assert.deepEqual(
    up.map((count) => stepFor(count, 0)),
    [0, 0, 1, 1, 2, 2, 3, 3, 4, 4],
  );
  const down = [9000, 1800, 1799, 900, 899, 450, 449, 90, 89, 0];
  assert.deepEqual(
    down.map((count) => stepFor(count, 4)),
    [4, 4, 3, 3, 2, 2, 1, 1, 0, 0],
  );
});

test('every node is told how long to keep what it reads', async () => {
  const { cluster, edit, find, stop, until } = await startScenario(ttlController);
  try {
    const told = (name: string) => find(nodes, name)?.metadata.annotations?.[annotation];
    const make = (name: string) =>
      cluster.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name } });
    await make('n0');
    await until('0 s', () => told('n0') === '0');
    for (let i = 1; i <= 100; i++) await make(`n${i}`);
    await until('15 s for the last', () => told('n100') === '15');
    await edit(nodes, 'n0', (node) => {
      node.metadata.annotations = { ...node.metadata.annotations, [annotation]: 'soon' };
    });
    await until('15 s for the first, which came by', () => told('n0') === '15');
  } finally {
    await stop();
  }
});
