import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';
import { daemonSet } from './daemon-set.ts';
import { deployment } from './deployment.ts';
import { statefulSet } from './stateful-set.ts';

const info = { user: { name: 'me', groups: [] }, now: new Date(0), dryRun: false };

function created(kind: KindDefinition, spec: Plain = {}): KubeObject {
  const labels = { app: 'web' };
  const object: KubeObject = {
    apiVersion: 'apps/v1',
    kind: kind.kind,
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'x' }] } },
      ...spec,
    },
  };
  kind.default?.(object);
  kind.prepareForCreate?.(object, info);
  return object;
}

function messages(causes: { field?: string; message: string }[] | undefined): string[] {
  return (causes ?? []).map((cause) => `${cause.field}: ${cause.message}`);
}

describe('Deployment', () => {
  test('defaults', () => {
    const { spec } = created(deployment);
    assert.equal(spec.replicas, 1);
    assert.equal(spec.revisionHistoryLimit, 10);
    assert.equal(spec.progressDeadlineSeconds, 600);
    assert.deepEqual(spec.strategy, {
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
    });
    assert.equal(spec.template.spec.restartPolicy, 'Always');
  });

  test('the selector must match the template and never changes', () => {
    const other = created(deployment, { selector: { matchLabels: { app: 'db' } } });
    assert.deepEqual(messages(deployment.validate?.(other)), [
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ]);
    assert.deepEqual(messages(deployment.validateUpdate?.(other, created(deployment))), [
      'spec.selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable',
    ]);
  });

  test('a rollout must be able to move', () => {
    const rollingUpdate = { maxUnavailable: 0, maxSurge: 0 };
    const stuck = created(deployment, { strategy: { type: 'RollingUpdate', rollingUpdate } });
    assert.deepEqual(messages(deployment.validate?.(stuck)), [
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ]);
  });

  test('changed annotations count as a changed desired state', () => {
    const old = created(deployment);
    old.metadata.generation = 3;
    const next = structuredClone(old);
    next.metadata.annotations = { a: 'b' };
    deployment.prepareForUpdate?.(next, old, info);
    assert.equal(next.metadata.generation, 4);
  });
});

describe('StatefulSet', () => {
  test('volumes from claim templates can be mounted', () => {
    const labels = { app: 'web' };
    const containers = [
      { name: 'a', image: 'x', volumeMounts: [{ name: 'data', mountPath: '/d' }] },
    ];
    const set = created(statefulSet, {
      template: { metadata: { labels }, spec: { containers } },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '1Gi' } },
          },
        },
      ],
    });
    assert.deepEqual(messages(statefulSet.validate?.(set)), []);
    const [claim] = set.spec.volumeClaimTemplates;
    assert.equal(claim.kind, 'PersistentVolumeClaim');
    assert.equal(claim.status.phase, 'Pending');
  });

  test('most of the spec is fixed', () => {
    const old = created(statefulSet);
    const next = structuredClone(old);
    next.spec.replicas = 5;
    assert.deepEqual(statefulSet.validateUpdate?.(next, old), []);
    next.spec.serviceName = 'other';
    assert.deepEqual(messages(statefulSet.validateUpdate?.(next, old)), [
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });
});

test('a DaemonSet counts the versions of its template', () => {
  const key = 'deprecated.daemonset.template.generation';
  const old = created(daemonSet);
  assert.equal(old.metadata.annotations?.[key], '1');
  const next = structuredClone(old);
  daemonSet.prepareForUpdate?.(next, old, info);
  assert.equal(next.metadata.annotations?.[key], '1');
  next.spec.template.spec.containers[0].image = 'y';
  daemonSet.prepareForUpdate?.(next, old, info);
  assert.equal(next.metadata.annotations?.[key], '2');
});
