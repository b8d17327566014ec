import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import {
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  storageClasses,
  volumeAttributesClasses,
} from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { bestVolume } from './match.ts';
import { persistentVolumeController } from './persistent-volume.ts';
import {
  attributesClassProtectionController,
  claimProtectionController,
  volumeProtectionController,
} from './protection.ts';

const scenarios: Scenario[] = [];
after(() => Promise.all(scenarios.map((s) => s.stop())));

const claim = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'default' },
  spec: {
    storageClassName: 'local',
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    ...spec,
  },
});
const volume = (name: string, size: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: {
    capacity: { storage: size },
    accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
    storageClassName: 'local',
    ...spec,
  },
});

async function started(mode: string): Promise<Scenario> {
  const scenario = await startScenario(
    persistentVolumeController,
    claimProtectionController,
    volumeProtectionController,
    attributesClassProtectionController,
  );
  scenarios.push(scenario);
  await scenario.cluster.create(storageClasses, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local' },
    provisioner: 'quorate.dev/local',
    volumeBindingMode: mode,
  });
  return scenario;
}

test('the smallest volume that fits is chosen, the reserved one before all', () => {
  const all = [volume('big', '5Gi'), volume('small', '512Mi'), volume('fit', '2Gi')];
  assert.equal(bestVolume(claim('c'), all)?.metadata.name, 'fit');
  const reserved = volume('mine', '9Gi', { claimRef: { namespace: 'default', name: 'c' } });
  assert.equal(bestVolume(claim('c'), [...all, reserved])?.metadata.name, 'mine');
  assert.equal(bestVolume(claim('c', { accessModes: ['ReadWriteMany'] }), all), undefined);
});

test('a claim of the local class gets a volume, and the volume goes with the claim', async () => {
  const scenario = await started('Immediate');
  await scenario.cluster.create(persistentVolumeClaims, claim('data'));
  const bound = await scenario.until('bound', () => {
    const c = scenario.find(persistentVolumeClaims, 'data');
    return c?.status?.phase === 'Bound' && c;
  });
  const made = scenario.find(persistentVolumes, bound.spec.volumeName);
  assert.equal(made?.spec.claimRef.uid, bound.metadata.uid);
  assert.match(made?.spec.hostPath.path, /^\/volumes\//);
  await scenario.cluster.delete(persistentVolumeClaims, 'default', 'data');
  await scenario.until('gone', () => scenario.cluster.all(persistentVolumes).length === 0);
});

test('with WaitForFirstConsumer nothing is made before a node is chosen, then on that node', async () => {
  const scenario = await started('WaitForFirstConsumer');
  await scenario.cluster.create(persistentVolumeClaims, claim('data'));
  await scenario.until('waiting', () => scenario.events.includes('data WaitForFirstConsumer'));
  assert.equal(scenario.cluster.all(persistentVolumes).length, 0);
  await scenario.edit(persistentVolumeClaims, 'data', (c) => {
    c.metadata.annotations = { 'volume.kubernetes.io/selected-node': 'n1' };
  });
  const made = await scenario.until('made', () => scenario.cluster.all(persistentVolumes)[0]);
  const [term] = made.spec.nodeAffinity.required.nodeSelectorTerms;
  assert.deepEqual(term.matchExpressions[0].values, ['n1']);
});

test('a claim in use outlives its deletion until the pod is gone', async () => {
  const scenario = await started('Immediate');
  await scenario.cluster.create(persistentVolumeClaims, claim('data'));
  await scenario.until('protected', () =>
    scenario
      .find(persistentVolumeClaims, 'data')
      ?.metadata.finalizers?.includes('kubernetes.io/pvc-protection'),
  );
  await scenario.cluster.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: {
      nodeName: 'n1',
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    },
  });
  await scenario.cluster.delete(persistentVolumeClaims, 'default', 'data');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(scenario.find(persistentVolumeClaims, 'data') !== undefined);
  await scenario.cluster.delete(pods, 'default', 'p');
  await scenario.until('gone', () => scenario.find(persistentVolumeClaims, 'data') === undefined);
});

test('an attributes class outlives its deletion until no claim and no volume names it', async () => {
  const scenario = await started('Immediate');
  const { cluster } = scenario;
  const fast = () => scenario.find(volumeAttributesClasses, 'fast');
  await cluster.create(volumeAttributesClasses, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttributesClass',
    metadata: { name: 'fast' },
    driverName: 'd',
  });
  await scenario.until('protected', () =>
    fast()?.metadata.finalizers?.includes('kubernetes.io/vac-protection'),
  );
  const other = { storageClassName: 'other', volumeAttributesClassName: 'fast' };
  await cluster.create(persistentVolumes, volume('v', '1Gi', other));
  await cluster.create(persistentVolumeClaims, claim('c', other));
  await scenario.edit(persistentVolumeClaims, 'c', (c) => {
    c.spec.volumeAttributesClassName = 'slow';
  });
  const still = { currentVolumeAttributesClassName: 'fast' };
  const has = (c: KubeObject) => Object.assign(c, { status: { ...c.status, ...still } });
  await scenario.edit(persistentVolumeClaims, 'c', has, 'status');
  await cluster.delete(volumeAttributesClasses, '', 'fast');
  await cluster.delete(persistentVolumes, '', 'v');
  await scenario.until('no volume', () => scenario.find(persistentVolumes, 'v') === undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(fast() !== undefined, 'the claim still has it');
  await cluster.delete(persistentVolumeClaims, 'default', 'c');
  await scenario.until('gone', () => fast() === undefined);
});

test('a claim of a volume that comes later waits for it, and is bound once it is there', async () => {
  const scenario = await started('Immediate');
  const { cluster, until, find, events } = scenario;
  await cluster.create(persistentVolumeClaims, claim('c', { volumeName: 'v' }));
  const phase = () => find(persistentVolumeClaims, 'c')?.status?.phase;
  assert.equal(await until('a phase', phase), 'Pending');
  await cluster.create(persistentVolumes, volume('v', '512Mi'));
  await until('it is too small', () => events.includes('c VolumeMismatch'));
  assert.equal(phase(), 'Pending');
  await cluster.delete(persistentVolumes, '', 'v');
  await scenario.edit(persistentVolumes, 'v', (v) => (v.metadata.finalizers = []));
  await until('it is gone', () => find(persistentVolumes, 'v') === undefined);
  await cluster.create(persistentVolumes, volume('v', '2Gi'));
  await until('bound', () => phase() === 'Bound');
  assert.equal(find(persistentVolumes, 'v')?.spec.claimRef.name, 'c');
  const bound = 'pv.kubernetes.io/bound-by-controller';
  assert.equal(find(persistentVolumes, 'v')?.metadata.annotations?.[bound], 'yes');
  assert.equal(find(persistentVolumeClaims, 'c')?.metadata.annotations?.[bound], undefined);
  // another claim of the same waits for it
  await cluster.create(persistentVolumeClaims, claim('d', { volumeName: 'v' }));
  await until('it waits', () => find(persistentVolumeClaims, 'd')?.status?.phase === 'Pending');
});

test("a claim of another's volume waits, and says why", async () => {
  const { cluster, until, find, events } = await started('Immediate');
  const claimRef = { namespace: 'default', name: 'other', uid: 'somebody' };
  await cluster.create(persistentVolumes, volume('v', '1Gi', { claimRef }));
  await cluster.create(persistentVolumeClaims, claim('c', { volumeName: 'v' }));
  await until('it is told', () => events.includes('c FailedBinding'));
  assert.equal(find(persistentVolumeClaims, 'c')?.status?.phase, 'Pending');
});

test('a claim made before there was a default class gets it when it comes; one that wants none does not', async () => {
  const scenario = await started('Immediate');
  const { cluster, until, find, edit, events } = scenario;
  await cluster.create(persistentVolumeClaims, claim('c', { storageClassName: undefined }));
  await cluster.create(persistentVolumeClaims, claim('none', { storageClassName: '' }));
  await until('they wait', () => ['c', 'none'].every((n) => events.includes(`${n} FailedBinding`)));
  await edit(storageClasses, 'local', ({ metadata }) => {
    metadata.annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  });
  await until('it is bound', () => find(persistentVolumeClaims, 'c')?.status?.phase === 'Bound');
  assert.equal(find(persistentVolumeClaims, 'c')?.spec.storageClassName, 'local');
  assert.equal(find(persistentVolumeClaims, 'none')?.spec.storageClassName, '');
});
