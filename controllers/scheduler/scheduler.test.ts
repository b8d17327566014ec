import assert from 'node:assert/strict';
import { after, mock, test } from 'node:test';
import { nodes, persistentVolumeClaims, pods, storageClasses } from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { selectedNode } from '../volume/local-volume.ts';
import { schedulerController } from './scheduler.ts';

const scenarios: Scenario[] = [];
after(() => Promise.all(scenarios.map((s) => s.stop())));

test('a pod whose volume is not bound yet is seen on its node by those that come after it', async () => {
  const scenario = await startScenario(schedulerController);
  scenarios.push(scenario);
  const { cluster } = scenario;
  await cluster.create(storageClasses, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local' },
    provisioner: 'quorate.dev/local',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  for (const name of ['a', 'b', 'c']) {
    await cluster.create(nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      spec: {},
      status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } },
    });
  }
  const labels = { app: 'etcd' };
  const apart = { labelSelector: { matchLabels: labels }, topologyKey: 'kubernetes.io/hostname' };
  for (const name of ['etcd-0', 'etcd-1', 'etcd-2']) {
    await cluster.create(persistentVolumeClaims, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'default' },
      spec: { storageClassName: 'local' },
    });
    await cluster.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels },
      spec: {
        containers: [{ name: 'c' }],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }],
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 100, podAffinityTerm: apart },
            ],
          },
        },
      },
    });
  }
  const chosen = () =>
    cluster
      .all(persistentVolumeClaims)
      .flatMap(({ metadata }) => metadata.annotations?.[selectedNode] ?? []);
  while (chosen().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(chosen().sort(), ['a', 'b', 'c']);
});

test('a pod that fitted nowhere does not wait for a clock that was set back', async () => {
  const scenario = await startScenario(schedulerController);
  scenarios.push(scenario);
  const { cluster, until, find, events } = scenario;
  await cluster.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c' }] },
  });
  await until('it fits nowhere', () => events.includes('p FailedScheduling'));
  mock.timers.enable({ apis: ['Date'], now: Date.now() - 3_600_000 });
  try {
    await cluster.create(nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n' },
      spec: {},
      status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } },
    });
    await until('it has a node', () => find(pods, 'p')?.spec.nodeName === 'n');
  } finally {
    mock.timers.reset();
  }
});
