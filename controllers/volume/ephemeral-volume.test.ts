import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { persistentVolumeClaims as claims, pods } from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { ephemeralVolumeController } from './ephemeral-volume.ts';

let scenario: Scenario;
before(async () => {
  scenario = await startScenario(ephemeralVolumeController);
});
after(() => scenario.stop());

const spec = {
  accessModes: ['ReadWriteOnce'],
  resources: { requests: { storage: '1Gi' } },
};
const template = { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec };

function podWith(name: string, ...volumes: object[]): Promise<KubeObject> {
  return scenario.cluster.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [], volumes },
  });
}

test('a claim is made for each ephemeral volume, owned by the pod, and made again', async () => {
  const { cluster, find, until } = scenario;
  const pod = await podWith(
    'web',
    { name: 'scratch', ephemeral: { volumeClaimTemplate: template } },
    { name: 'plain', ephemeral: { volumeClaimTemplate: { spec } } },
    { name: 'other', emptyDir: {} },
  );
  const names = ['web-plain', 'web-scratch'];
  const made = await until('both claims', () => {
    const found = cluster.all(claims);
    return found.length === 2 && found;
  });
  assert.deepEqual(new Set(made.map(({ metadata }) => metadata.name)), new Set(names));
  const scratch = find(claims, 'web-scratch');
  assert.deepEqual(scratch?.spec, spec);
  const { labels, annotations, ownerReferences } = scratch?.metadata ?? {};
  assert.deepEqual({ labels, annotations }, template.metadata);
  assert.deepEqual(ownerReferences, [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      name: 'web',
      uid: pod.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ]);
  const plain = find(claims, 'web-plain')?.metadata;
  assert.deepEqual([plain?.labels, plain?.annotations], [undefined, undefined]);

  const first = scratch?.metadata.uid;
  await cluster.delete(claims, 'default', 'web-scratch');
  const second = await until('it is made again', () => find(claims, 'web-scratch'));
  assert.notEqual(second.metadata.uid, first);
});

test("somebody else's claim is left alone, and the pod is told until it has gone", async () => {
  const { cluster, events, find, until } = scenario;
  await cluster.create(claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'db-data', namespace: 'default' },
    spec,
  });
  const pod = await podWith('db', { name: 'data', ephemeral: { volumeClaimTemplate: template } });
  await until('an event', () => events.includes('db FailedBinding'));
  assert.equal(find(claims, 'db-data')?.metadata.ownerReferences, undefined);
  await cluster.delete(claims, 'default', 'db-data');
  const mine = await until('its own', () => find(claims, 'db-data'));
  assert.equal(mine.metadata.ownerReferences?.[0]?.uid, pod.metadata.uid);
});
