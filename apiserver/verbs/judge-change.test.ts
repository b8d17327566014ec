import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, ObjectMeta } from '../../object/object.ts';
import { schemaFor } from '../../schema/built-in.ts';
import { deployment } from '../apis/apps/deployment.ts';
import { daemonSet } from '../apis/apps/daemon-set.ts';
import { replicaSet } from '../apis/apps/replica-set.ts';
import { statefulSet } from '../apis/apps/stateful-set.ts';
import { cronJob } from '../apis/batch/cron-job.ts';
import { job } from '../apis/batch/job.ts';
import { certificateSigningRequest } from '../apis/certificates/certificate-signing-request.ts';
import { configMap } from '../apis/core/config-map.ts';
import { persistentVolumeClaim } from '../apis/core/persistent-volume-claim.ts';
import { replicationController } from '../apis/core/replication-controller.ts';
import { secret } from '../apis/core/secret.ts';
import { service } from '../apis/core/service.ts';
import { endpointSlice } from '../apis/discovery/endpoint-slice.ts';
import { makeResource } from '../apis/make-resource.ts';
import { ingressClass } from '../apis/networking/ingress-class.ts';
import { podDisruptionBudget } from '../apis/policy/pod-disruption-budget.ts';
import { clusterRole } from '../apis/rbac/cluster-role.ts';
import { roleBinding } from '../apis/rbac/role-binding.ts';
import type { KindDefinition } from '../apis/resource.ts';
import { volumeAttachment } from '../apis/storage/volume-attachment.ts';
import { volumeAttributesClass } from '../apis/storage/volume-attributes-class.ts';
import { judgeChange } from './judge-change.ts';

/** Upstream's validators judge metadata and rules several times; the causes say so, in its order. */

function fieldsOf(
  kind: KindDefinition,
  parts: object,
  metadata: Partial<ObjectMeta>,
  { before = parts, subresource = '' } = {},
): string[] {
  const resource = makeResource(kind, (of) => schemaFor(of) ?? assert.fail(of.kind));
  const made = (more: object, meta: Partial<ObjectMeta> = {}): KubeObject => {
    const object: KubeObject = structuredClone({
      apiVersion: resource.apiVersion,
      kind: kind.kind,
      metadata: { name: 'x', ...meta },
      ...more,
    });
    kind.default?.(object);
    return object;
  };
  const causes = judgeChange(resource, made(parts, metadata), made(before), {
    subresource,
    warn: assert.fail,
  });
  return causes.map(({ field = '' }) => field);
}

const labels = { a: '-' };
const wrong = 'metadata.labels';
const selector = { matchLabels: { a: 'b' } };
const template = {
  metadata: { labels: { a: 'b' } },
  spec: { containers: [{ name: 'a', image: 'x' }] },
};
const workload = { spec: { selector, template } };
const tooFew = { spec: { selector, template, replicas: -1 } };
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' };

test('a label that is wrong: twice for every object, and as often as the rules of the kind look', () => {
  const times = (kind: KindDefinition, parts: object, subresource = '') =>
    fieldsOf(kind, parts, { labels }, { subresource }).filter((field) => field === wrong).length;
  assert.equal(times(podDisruptionBudget, { spec: {} }), 2);
  assert.equal(times(deployment, workload), 3);
  assert.equal(times(endpointSlice, { addressType: 'IPv4' }), 3);
  assert.equal(times(service, { spec: { ports: [{ port: 80 }] } }), 3);
  assert.equal(times(replicaSet, workload), 3);
  assert.equal(times(certificateSigningRequest, {}, 'approval'), 4);
  assert.equal(times(daemonSet, workload), 3);
  assert.equal(times(roleBinding, { roleRef }), 4);
  assert.equal(times(clusterRole, {}), 4);
  const attachment = { spec: { attacher: 'a', nodeName: 'n', source: {} } };
  assert.equal(times(volumeAttachment, attachment), 3);
  assert.equal(times(volumeAttachment, attachment, 'status'), 3);
  assert.equal(times(cronJob, { spec: { schedule: 'x' } }, 'status'), 2);
  assert.equal(times(statefulSet, workload, 'status'), 3);
});

test('rules between what is said of the metadata', () => {
  const replicas = 'spec.replicas';
  const before = { before: workload };
  const once = [wrong, wrong, wrong, replicas];
  assert.deepEqual(fieldsOf(deployment, tooFew, { labels }, before), once);
  assert.deepEqual(fieldsOf(replicaSet, tooFew, { labels }, before), once);
  const controlled = (replicas: number) => ({ spec: { template, replicas } });
  const one = { before: controlled(1) };
  assert.deepEqual(fieldsOf(replicationController, controlled(-1), { labels }, one), [
    ...once,
    wrong,
    replicas,
  ]);
  const claim = (...accessModes: string[]) => ({
    spec: { accessModes, resources: { requests: { storage: '1' } } },
  });
  const writable = { before: claim('ReadWriteOnce') };
  const modes = 'spec.accessModes';
  const found = fieldsOf(persistentVolumeClaim, claim('x'), { labels }, writable);
  assert.deepEqual(found.slice(0, 5), [wrong, wrong, wrong, wrong, modes]);
  const of = (name: string) => ({ roleRef: { ...roleRef, name } });
  assert.deepEqual(fieldsOf(roleBinding, of('a/b'), {}, { before: of('r') }), [
    'roleRef.name',
    'roleRef',
  ]);
  const controller = (text: string) => ({ spec: { controller: text } });
  assert.deepEqual(fieldsOf(ingressClass, controller('x'), {}, { before: controller('a.b/c') }), [
    'spec.controller',
    'spec.controller',
  ]);
  const attributes = (driverName: string) => ({ driverName, parameters: { a: 'b' } });
  assert.deepEqual(
    fieldsOf(volumeAttributesClass, attributes('-'), {}, { before: attributes('d') }),
    ['driverName', 'driverName'],
  );
});

test('of a ConfigMap and a Secret: what may not change, then the metadata as new, then the data', () => {
  const data = { 'a b': 'YQ==' };
  const before = { data: {}, immutable: true };
  const thrice = [wrong, wrong, wrong];
  assert.deepEqual(
    [configMap, secret].map((kind) =>
      fieldsOf(kind, { data, immutable: true }, { labels }, { before }),
    ),
    [
      [...thrice, 'data', wrong, 'data[a b]'],
      [...thrice, 'data', wrong, 'data[a b]'],
    ],
  );
});

test('a Job has its spec judged twice, and what it makes of its name once', () => {
  const spec = {
    selector,
    manualSelector: true,
    template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } },
  };
  const before = { spec: { ...spec, backoffLimit: 1 } };
  assert.deepEqual(fieldsOf(job, { spec: { ...spec, backoffLimit: -1 } }, {}, { before }), [
    'spec.backoffLimit',
    'spec.backoffLimit',
  ]);
});

test('finalizers: their form is judged as of a new object, their domain by built-in kinds', () => {
  const finalizers = 'metadata.finalizers';
  assert.deepEqual(fieldsOf(deployment, workload, { finalizers: ['a b/c'] }), [finalizers]);
  assert.deepEqual(fieldsOf(deployment, workload, { finalizers: ['a'] }), [`${finalizers}[0]`]);
  assert.deepEqual(fieldsOf(podDisruptionBudget, { spec: {} }, { finalizers: ['a'] }), []);
  assert.deepEqual(
    fieldsOf(deployment, workload, { finalizers: ['orphan', 'foregroundDeletion'] }),
    [finalizers],
  );
});

test('generateName by the rules of the kind', () => {
  const field = 'metadata.generateName';
  const controller = { spec: { template, replicas: 1 } };
  const of = (kind: KindDefinition, parts: object, generateName: string) =>
    fieldsOf(kind, parts, { generateName });
  assert.deepEqual(of(replicationController, controller, 'A'), [field]);
  assert.deepEqual(of(replicationController, controller, 'a/'), [field, field]);
  assert.deepEqual(of(deployment, workload, 'A'), []);
  assert.deepEqual(of(replicaSet, workload, 'A'), []);
});
