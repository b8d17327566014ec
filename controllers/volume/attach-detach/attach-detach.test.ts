import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import {
  csiDrivers,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  volumeAttachments,
} from '../../resources.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { attachDetachController } from './attach-detach.ts';
import { attachmentName, uniqueName } from './attachable.ts';

const driver = 'disks.example.com';
let scenario: Scenario;
before(async () => {
  scenario = await startScenario(attachDetachController);
  for (const name of ['n1', 'n2', 'n3']) await makeNode(name);
});
after(() => scenario.stop());

const managed = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' };

function makeNode(name: string, annotations: Record<string, string> = managed) {
  return scenario.cluster.create(nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
}

/** A bound claim and its volume, both of that name. */
async function makeVolume(name: string, accessMode = 'ReadWriteOnce', of = driver) {
  const claim = await scenario.cluster.create(persistentVolumeClaims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default' },
    spec: { volumeName: name },
    status: { phase: 'Bound' },
  });
  return scenario.cluster.create(persistentVolumes, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      accessModes: [accessMode],
      csi: { driver: of, volumeHandle: `handle-${name}` },
      claimRef: { namespace: 'default', name, uid: claim.metadata.uid },
    },
  });
}

function makePod(name: string, nodeName: string, claimName: string) {
  return scenario.cluster.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName,
      containers: [],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }],
    },
  });
}

const attachment = (volume: KubeObject, node: string) =>
  scenario.find(volumeAttachments, attachmentName(volume, node));
const attachedOn = (node: string): string[] =>
  (scenario.find(nodes, node)?.status?.volumesAttached ?? []).map((v: { name: string }) => v.name);

/** As the driver's attacher does. */
async function attachAs(volume: KubeObject, node: string, status: object = { attached: true }) {
  const found = await scenario.until('an attachment', () => attachment(volume, node));
  await scenario.edit(
    volumeAttachments,
    found.metadata.name ?? '',
    (object) => {
      object.status = status;
    },
    'status',
  );
}

function mount(node: string, ...volumes: KubeObject[]): Promise<void> {
  return scenario.edit(
    nodes,
    node,
    (object) => {
      object.status = { ...object.status, volumesInUse: volumes.map(uniqueName) };
    },
    'status',
  );
}

test('the name of an attachment is the one that drivers and kubelets look for', async () => {
  const volume = { spec: { csi: { driver: 'd', volumeHandle: 'h' } } } as unknown as KubeObject;
  // printf hdn | sha256sum
  assert.equal(
    attachmentName(volume, 'n'),
    'csi-9072ed11cc1acb5fa433a877ff339b6311d013f33bddd1d0092711a8ace5b16d',
  );
});

test('attached for its pod, told to the kubelet, detached once unmounted', async () => {
  const { cluster, events, until } = scenario;
  const volume = await makeVolume('data');
  await makePod('web', 'n1', 'data');
  const made = await until('an attachment', () => attachment(volume, 'n1'));
  assert.deepEqual(made.spec, {
    attacher: driver,
    nodeName: 'n1',
    source: { persistentVolumeName: 'data' },
  });
  assert.deepEqual(attachedOn('n1'), []);
  await attachAs(volume, 'n1');
  await until('it is reported', () => attachedOn('n1').includes(uniqueName(volume)));
  assert.equal(uniqueName(volume), `kubernetes.io/csi/${driver}^handle-data`);
  await until('an event', () => events.includes('web SuccessfulAttachVolume'));

  await mount('n1', volume);
  await cluster.delete(pods, 'default', 'web');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(attachment(volume, 'n1') !== undefined, 'the kubelet still has it');
  assert.deepEqual(attachedOn('n1'), [uniqueName(volume)]);
  await mount('n1');
  await until('it is detached', () => attachment(volume, 'n1') === undefined);
  assert.deepEqual(attachedOn('n1'), []);
  const calls = cluster.calls.filter((call) => /patch nodes|delete volumeattachments/.test(call));
  assert.match(calls.at(-1) ?? '', /^delete/, 'the kubelet was told before');
});

test('an exclusive volume moves to another node only when the first has let go', async () => {
  const { cluster, events, until } = scenario;
  const volume = await makeVolume('moving');
  await makePod('old', 'n1', 'moving');
  await attachAs(volume, 'n1');
  await mount('n1', volume);
  await makePod('new', 'n2', 'moving');
  await until('the pod is told', () => events.includes('new FailedAttachVolume'));
  assert.equal(attachment(volume, 'n2'), undefined);
  await cluster.delete(pods, 'default', 'old');
  await mount('n1');
  await until('it is attached there', () => attachment(volume, 'n2'));
  assert.equal(attachment(volume, 'n1'), undefined);
  assert.equal(events.filter((event) => event === 'new FailedAttachVolume').length, 1);
});

test('a shared volume is attached to all', async () => {
  const volume = await makeVolume('shared', 'ReadWriteMany');
  await makePod('a', 'n1', 'shared');
  await makePod('b', 'n2', 'shared');
  for (const node of ['n1', 'n2']) {
    await scenario.until(node, () => attachment(volume, node));
  }
});

test('a node out of service lets go at once, a silent one not', async () => {
  const { cluster, edit, until } = scenario;
  const volume = await makeVolume('stuck');
  await makePod('s', 'n3', 'stuck');
  await attachAs(volume, 'n3');
  await mount('n3', volume);
  await edit(
    nodes,
    'n3',
    (node) => {
      node.status = { ...node.status, conditions: [{ type: 'Ready', status: 'Unknown' }] };
    },
    'status',
  );
  await cluster.delete(pods, 'default', 's');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(attachment(volume, 'n3') !== undefined);
  await edit(nodes, 'n3', (node) => {
    node.spec = {
      taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }],
    };
  });
  await until('it is detached', () => attachment(volume, 'n3') === undefined);
});

test('what the driver says of a failure is told to the pod', async () => {
  const volume = await makeVolume('failing');
  await makePod('f', 'n1', 'failing');
  const attachError = { time: '2026-01-01T00:00:00Z', message: 'no such disk' };
  await attachAs(volume, 'n1', { attached: false, attachError });
  await scenario.until('an event', () => scenario.events.includes('f FailedAttachVolume'));
});

test('nothing is attached for drivers and kubelets that do it themselves', async () => {
  const { cluster, edit, until } = scenario;
  await cluster.create(csiDrivers, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    metadata: { name: 'nfs.example.com' },
    spec: { attachRequired: false },
  });
  const file = await makeVolume('file', 'ReadWriteMany', 'nfs.example.com');
  await makePod('uses-file', 'n1', 'file');
  await makeNode('own', {});
  const disk = await makeVolume('own-disk');
  await makePod('uses-own', 'own', 'own-disk');
  const marker = await makeVolume('marker', 'ReadWriteMany');
  await makePod('last', 'n1', 'marker');
  await until('a later one is attached', () => attachment(marker, 'n1'));
  assert.equal(attachment(file, 'n1'), undefined);
  assert.equal(attachment(disk, 'own'), undefined);
  await edit(nodes, 'own', (node) => {
    node.metadata.annotations = managed;
  });
  await until('its kubelet leaves it to the controller', () => attachment(disk, 'own'));
});
