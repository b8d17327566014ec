import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Condition, controlPlanes } from '../crds/control-plane.ts';
import type { KubeObject } from '../object/object.ts';
import { isIssuedBy, readCertificate } from '../pki/fingerprint.ts';
import { readKubeconfig } from '../pki/kubeconfig.ts';
import { silent } from '../reconciler/log.ts';
import { createMemoryCluster, type MemoryCluster } from '../reconciler/memory-cluster.ts';
import { kinds } from './control-plane/names.ts';
import { secretText } from './control-plane/picture.ts';
import { createOperator, type Operator } from './operator.ts';

/** The whole operator against a cluster of plain objects; etcd itself is in etcd/cluster.test.ts. */

const namespace = 'team-a';
const running: Operator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((operator) => operator.stop()));
});

async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (let i = 0; i < 500; i++) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await sleep(10);
  }
  return assert.fail(`never: ${what}`);
}

interface World {
  cluster: MemoryCluster;
  operator: Operator;
  get(kind: keyof typeof kinds, name: string): KubeObject | undefined;
  controlPlane(): KubeObject | undefined;
  condition(type: string): Condition | undefined;
  edit(change: (spec: Record<string, unknown>) => void): Promise<void>;
}

async function world(spec: object = {}, now?: () => Date, foreign?: KubeObject): Promise<World> {
  const cluster = createMemoryCluster();
  if (foreign !== undefined) await cluster.create(kinds.secret, foreign);
  const operator = createOperator({
    cluster,
    namespace: '',
    images: { quorate: 'quorate:test', etcd: 'quorate:test' },
    workers: 2,
    log: silent,
    ...(now === undefined ? {} : { now }),
  });
  running.push(operator);
  operator.watch();
  operator.act();
  await cluster.create(controlPlanes, {
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'ControlPlane',
    metadata: { name: 'demo', namespace },
    spec: { network: { service: { type: 'ClusterIP' } }, ...spec },
  });
  const controlPlane = () => cluster.all(controlPlanes)[0];
  return {
    cluster,
    operator,
    get: (kind, name) => cluster.all(kinds[kind]).find((o) => o.metadata.name === name),
    controlPlane,
    condition: (type) =>
      controlPlane()?.status?.conditions?.find((c: Condition) => c.type === type),
    async edit(change) {
      const object = controlPlane();
      assert.ok(object);
      change(object.spec);
      await cluster.update(controlPlanes, object);
    },
  };
}

describe('the operator', () => {
  it('makes everything a control plane needs, keys before pods', async () => {
    const w = await world();
    await until('controllers', () => w.get('deployment', 'demo-controller-manager'));
    await until('status', () => w.condition('CertificatesValid')?.status === 'True');
    assert.equal(w.cluster.all(kinds.secret).length, 14);
    const set = w.get('statefulSet', 'demo-etcd');
    assert.equal(set?.spec.replicas, 3);
    const firstPods = w.cluster.calls.findIndex((c) => c.startsWith('apply statefulsets'));
    const lastSecret = w.cluster.calls.findLastIndex((c) => c.startsWith('create secrets'));
    assert.ok(lastSecret < firstPods, 'pods mount Secrets that are there');
    for (const object of [set, w.get('secret', 'demo-ca'), w.get('service', 'demo-api-server')]) {
      assert.equal(object?.metadata.ownerReferences?.[0]?.kind, 'ControlPlane');
    }
    const config = readKubeconfig(
      secretText(w.get('secret', 'demo-admin-kubeconfig'), 'value') ?? '',
    );
    assert.equal(config?.server, 'https://demo-api-server.team-a.svc:6443');
    const ca = secretText(w.get('secret', 'demo-ca'), 'tls.crt') ?? '';
    assert.equal(isIssuedBy(config?.clientCertificatePem ?? '', ca), true);
    const serving = readCertificate(
      secretText(w.get('secret', 'demo-api-server'), 'tls.crt') ?? '',
    );
    assert.ok(serving.ipAddresses.includes('10.96.0.1'));
    assert.equal(w.condition('Ready')?.status, 'False');
    assert.equal(w.condition('Ready')?.reason, 'EtcdNotReady');
    assert.equal(w.controlPlane()?.status.observedGeneration, 1);
  });

  it('is quiet when there is nothing to do', async () => {
    const w = await world();
    await until('status', () => w.condition('CertificatesValid')?.status === 'True');
    await sleep(700);
    const before = w.cluster.calls.length;
    await sleep(1_200);
    assert.deepEqual(w.cluster.calls.slice(before), []);
  });

  it('repairs what somebody changed or deleted', async () => {
    const w = await world();
    await until('status', () => w.condition('CertificatesValid')?.status === 'True');
    const deployment = w.get('deployment', 'demo-api-server');
    assert.ok(deployment);
    deployment.spec.replicas = 0;
    await w.cluster.update(kinds.deployment, deployment);
    await until('replicas', () => w.get('deployment', 'demo-api-server')?.spec.replicas === 2);
    await w.cluster.delete(kinds.service, namespace, 'demo-etcd');
    await until('service', () => w.get('service', 'demo-etcd'));
    const old = secretText(w.get('secret', 'demo-api-server'), 'tls.crt');
    await w.cluster.delete(kinds.secret, namespace, 'demo-api-server');
    const fresh = await until('secret', () => w.get('secret', 'demo-api-server'));
    assert.notEqual(secretText(fresh, 'tls.crt'), old);
  });

  it('issues only what changed, in place, without touching pods', async () => {
    const w = await world();
    await until('status', () => w.condition('CertificatesValid')?.status === 'True');
    const template = JSON.stringify(w.get('deployment', 'demo-api-server')?.spec.template);
    const peer = secretText(w.get('secret', 'demo-etcd-peer'), 'tls.crt');
    await w.edit((spec) => {
      spec.network = {
        service: { type: 'ClusterIP' },
        extraSANs: ['api.example.org', '2001:DB8::1'],
      };
    });
    const sans = () =>
      readCertificate(secretText(w.get('secret', 'demo-api-server'), 'tls.crt') ?? '');
    await until('SAN', () => sans().dnsNames.includes('api.example.org'));
    assert.ok(sans().ipAddresses.includes('2001:db8::1'));
    assert.equal(secretText(w.get('secret', 'demo-etcd-peer'), 'tls.crt'), peer);
    assert.equal(JSON.stringify(w.get('deployment', 'demo-api-server')?.spec.template), template);
  });

  it('renews leaves when they are due, and keeps the authorities', async () => {
    let clock = new Date('2030-01-01T00:00:00Z');
    const w = await world({}, () => clock);
    await until('status', () => w.condition('CertificatesValid')?.status === 'True');
    assert.equal(w.controlPlane()?.status.nextRenewal, '2030-03-02T00:00:00Z');
    const ca = secretText(w.get('secret', 'demo-ca'), 'tls.crt');
    clock = new Date('2030-03-02T00:00:01Z');
    // Any change makes the operator look; on its own it does at the time it has told.
    await w.edit((spec) => {
      spec.apiServer = { replicas: 3 };
    });
    await until('renewal', () => w.controlPlane()?.status.nextRenewal === '2030-05-01T00:00:01Z');
    assert.equal(secretText(w.get('secret', 'demo-ca'), 'tls.crt'), ca);
    assert.equal(w.cluster.calls.filter((c) => c.startsWith('update secrets')).length, 10);
  });

  it('waits for the load balancer, then tells and certifies its address', async () => {
    const w = await world({ network: {} });
    await until('status', () => w.condition('CertificatesValid')?.status === 'True');
    assert.equal(w.get('secret', 'demo-admin-kubeconfig'), undefined);
    const service = w.get('service', 'demo-api-server');
    assert.ok(service);
    service.status = { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } };
    await w.cluster.update(kinds.service, service, 'status');
    const secret = await until('kubeconfig', () => w.get('secret', 'demo-admin-kubeconfig'));
    assert.equal(
      readKubeconfig(secretText(secret, 'kubeconfig') ?? '')?.server,
      'https://192.0.2.7:6443',
    );
    const serving = () => secretText(w.get('secret', 'demo-api-server'), 'tls.crt') ?? '';
    await until('SAN', () => readCertificate(serving()).ipAddresses.includes('192.0.2.7'));
    await until('endpoint', () => w.controlPlane()?.status.endpoint === 'https://192.0.2.7:6443');
  });

  it('does nothing while suspended, and says so', async () => {
    const w = await world({ suspend: true });
    await until('status', () => w.condition('Reconciling')?.reason === 'Suspended');
    assert.equal(w.cluster.all(kinds.secret).length, 0);
    await w.edit((spec) => {
      spec.suspend = false;
    });
    await until('work', () => w.get('statefulSet', 'demo-etcd'));
  });

  it('tells what the management cluster refuses, as stalled', async () => {
    const w = await world();
    const { StatusError } = await import('../object/status-error.ts');
    w.cluster.intercept = (verb, ref) => {
      if (verb === 'apply' && ref.resource === 'statefulsets') {
        throw new StatusError(403, 'Forbidden', 'statefulsets.apps is forbidden: quota exceeded');
      }
    };
    const stalled = await until('stalled', () => {
      const condition = w.condition('Stalled');
      return condition?.status === 'True' ? condition : undefined;
    });
    assert.match(stalled.message, /StatefulSet demo-etcd: .*quota exceeded/);
    assert.ok(w.get('deployment', 'demo-api-server'), 'the rest is made all the same');
  });

  it('removes everything that would otherwise stay, then lets go', async () => {
    const w = await world();
    await until('status', () => w.condition('CertificatesValid')?.status === 'True');
    await w.cluster.create(kinds.claim, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: 'data-demo-etcd-0',
        namespace,
        labels: { 'quorate.dev/control-plane': 'demo' },
      },
    });
    await w.cluster.delete(controlPlanes, namespace, 'demo');
    const collected: string[] = [];
    for (const kind of ['deployment', 'statefulSet'] as const) {
      // what the garbage collector does when nothing is left that holds the owner up
      const going = () =>
        w.cluster.all(kinds[kind]).filter((o) => o.metadata.deletionTimestamp != null);
      const doomed = await until(`${kind} is being deleted`, () => going().length > 0 && going());
      assert.equal(w.cluster.all(kinds.claim)[0]?.metadata.deletionTimestamp, undefined);
      for (const object of doomed) {
        assert.deepEqual(object.metadata.finalizers, ['foregroundDeletion']);
        collected.push(object.metadata.name ?? '');
        await w.cluster.update(kinds[kind], {
          ...object,
          metadata: { ...object.metadata, finalizers: [] },
        });
      }
    }
    assert.equal(collected.at(-1), 'demo-etcd', 'etcd goes after those that use it');
    await until('gone', () => w.controlPlane() === undefined);
    assert.equal(w.cluster.all(kinds.claim).length, 0);
    assert.equal(w.cluster.all(kinds.statefulSet).length, 0);
  });

  it('will not use the Secret of somebody else', async () => {
    const foreign = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'demo-ca', namespace },
      data: {},
    };
    const w = await world({}, undefined, foreign);
    const stalled = await until('stalled', () => {
      const condition = w.condition('Stalled');
      return condition?.status === 'True' ? condition : undefined;
    });
    assert.match(stalled.message, /"demo-ca" already exists/);
    assert.deepEqual(w.get('secret', 'demo-ca')?.data, {});
  });
});
