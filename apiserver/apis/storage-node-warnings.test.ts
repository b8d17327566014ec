import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronJob } from './batch/cron-job.ts';
import { podStatus } from './core/pod-status.ts';
import { service } from './core/service.ts';
import { ingress } from './networking/ingress.ts';
import { runtimeClass } from './node/runtime-class.ts';
import type { KindDefinition, StatusSubresource } from './resource.ts';
import { csiStorageCapacity } from './storage/csi-storage-capacity.ts';
import { storageClass } from './storage/storage-class.ts';

/** Warnings of kinds that have few, and of writes to a status. */

const object = (parts: object) => ({ apiVersion: 'v1', kind: 'X', metadata: {}, ...parts });
const warned = (kind: KindDefinition, parts: object, old?: object) =>
  kind.warnings?.(object(parts), old === undefined ? undefined : object(old));
const zone = 'failure-domain.beta.kubernetes.io/zone';
const useOther = 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead';

test('old labels of nodes, in classes and capacities', () => {
  assert.deepEqual(
    warned(runtimeClass, { scheduling: { nodeSelector: { [zone]: 'a', b: 'c' } } }),
    [`scheduling.nodeSelector: ${useOther}`],
  );
  assert.deepEqual(warned(runtimeClass, {}), []);
  const expressions = [{ key: 'a' }, { key: zone }];
  assert.deepEqual(
    warned(storageClass, { allowedTopologies: [{}, { matchLabelExpressions: expressions }] }),
    [`allowedTopologies[1].matchLabelExpressions[1].key: ${useOther}`],
  );
  const nodeTopology = { matchExpressions: expressions, matchLabels: { [zone]: 'a' } };
  assert.deepEqual(warned(csiStorageCapacity, { nodeTopology }), [
    `nodeTopology.matchExpressions[1].key: ${zone} is ${useOther}`,
    `nodeTopology.matchLabels.${zone}: ${useOther}`,
  ]);
});

test('a zone in the schedule of a CronJob that is there already', () => {
  const job = { spec: { schedule: 'TZ=UTC * * * * *', jobTemplate: { spec: {} } } };
  const text =
    'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';
  assert.deepEqual(warned(cronJob, job, job), [text]);
  assert.ok(!warned(cronJob, { ...job, metadata: { name: 'x' } })?.includes(text));
});

test('addresses in a status', () => {
  const of = (status: StatusSubresource | boolean | undefined, parts: object) =>
    typeof status === 'object' ? status.warnings?.(object({ status: parts })) : undefined;
  const loadBalancer = { ingress: [{ hostname: 'a.b' }, { ip: '1.2.3.4' }, { ip: '1.2.03.4' }] };
  const text = 'non-standard IP address "1.2.03.4" is invalid: use "1.2.3.4"';
  const path = 'status.loadBalancer.ingress[2]';
  assert.deepEqual(of(ingress.status, { loadBalancer }), [`${path}.ip: ${text}`]);
  assert.deepEqual(of(service.status, { loadBalancer }), [`${path}: ${text}`]);
  assert.deepEqual(of(podStatus, { podIPs: [{ ip: '1.2.3.4' }, { ip: '::0' }] }), [
    'status.podIPs[1].ip: IPv6 address "::0" should be in RFC 5952 canonical format ("::")',
  ]);
  assert.deepEqual(of(podStatus, { hostIPs: [{ ip: '1.2.03.4' }] }), [
    `status.hostIPs[0].ip: ${text}`,
  ]);
});
