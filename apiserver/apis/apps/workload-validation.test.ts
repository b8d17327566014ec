import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Plain } from '../plain.ts';
import { causeTexts, newObject, refused } from '../refused.ts';
import { statusCauses } from '../validation-fixture.ts';
import { controllerRevision } from './controller-revision.ts';
import { daemonSet } from './daemon-set.ts';
import { deployment } from './deployment.ts';
import { replicaSet } from './replica-set.ts';
import { statefulSet } from './stateful-set.ts';

const labels = { app: 'web' };
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'x' }] } };

function spec(more: Plain = {}): Plain {
  return { selector: { matchLabels: labels }, template, ...more };
}

const onDelete = { type: 'OnDelete', rollingUpdate: { partition: 1 } };

describe('StatefulSet', () => {
  refused(statefulSet, 'a plain one', spec(), []);
  refused(
    statefulSet,
    'policies and counts',
    spec({
      podManagementPolicy: 'Random',
      updateStrategy: onDelete,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Sell' },
      replicas: -1,
      minReadySeconds: -1,
      revisionHistoryLimit: -1,
      ordinals: { start: -1 },
    }),
    [
      "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'",
      'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy \'RollingUpdate\'',
      'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Sell": supported values: "Retain", "Delete"',
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0',
    ],
  );
  refused(
    statefulSet,
    'the template',
    spec({
      selector: {},
      template: {
        metadata: { labels },
        spec: { ...template.spec, restartPolicy: 'Never', activeDeadlineSeconds: 5 },
      },
    }),
    [
      'spec.selector: Invalid value: {}: empty selector is invalid for statefulset',
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
    ],
  );

  test('maxUnavailable stays only where it is', () => {
    const rollingUpdate = { partition: 0, maxUnavailable: 2 };
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate };
    const set = newObject(statefulSet, spec({ updateStrategy }));
    assert.deepEqual(set.spec.updateStrategy.rollingUpdate, { partition: 0 });
    const old = structuredClone(set);
    old.spec.updateStrategy.rollingUpdate.maxUnavailable = 1;
    const next = structuredClone(old);
    const info = { user: { name: 'me', groups: [] }, now: new Date(0), dryRun: false };
    statefulSet.prepareForUpdate?.(next, old, info);
    assert.equal(next.spec.updateStrategy.rollingUpdate.maxUnavailable, 1);
  });

  test('warnings', () => {
    const claims = [
      { metadata: { name: 'd' }, spec: { resources: { requests: { storage: '100m' } } } },
    ];
    const made = newObject(
      statefulSet,
      spec({ revisionHistoryLimit: -1, volumeClaimTemplates: claims }),
    );
    assert.deepEqual(statefulSet.warnings?.(made, undefined), [
      'spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer',
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    ]);
    assert.deepEqual(statefulSet.warnings?.(made, made), [
      'spec.volumeClaimTemplates[0].Spec.resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer',
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    ]);
  });

  const serviceName = 'Not_A_Label';
  const claimless = [{ metadata: { name: 'd' }, spec: {} }];
  refused(
    statefulSet,
    'the service and the claims of a new one',
    spec({ serviceName, volumeClaimTemplates: claimless }),
    [
      'spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required',
      'spec.volumeClaimTemplates[0].spec.resources[storage]: Required value',
      `spec.serviceName: Invalid value: "${serviceName}": ${label}`,
    ],
  );

  test('a stored one keeps its service, its claims and wrong pods', () => {
    const stored = newObject(
      statefulSet,
      spec({ serviceName, volumeClaimTemplates: claimless, template: { metadata: { labels } } }),
    );
    const next = structuredClone(stored);
    next.spec.replicas = 3;
    assert.deepEqual(causeTexts(statefulSet.validate?.(next, stored)), []);
    const right = newObject(statefulSet, spec());
    const emptied = structuredClone(right);
    emptied.spec.template.spec.containers = [];
    assert.deepEqual(causeTexts(statefulSet.validate?.(emptied, right)), [
      'spec.template.spec.containers: Required value',
    ]);
  });

  test('host and subdomain of the pods are the controller`s to name', () => {
    const own = { ...template, spec: { ...template.spec, hostname: 'A_', subdomain: 'B_' } };
    const set = newObject(statefulSet, spec({ template: own }));
    assert.deepEqual(causeTexts(statefulSet.validate?.(set)), []);
  });
});

describe('DaemonSet', () => {
  const rolling = (rollingUpdate: Plain) =>
    spec({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } });
  const path = 'spec.updateStrategy.rollingUpdate';
  refused(daemonSet, 'a plain one', spec(), []);
  refused(daemonSet, 'one that cannot move', rolling({ maxUnavailable: 0 }), [
    `${path}.maxUnavailable: Required value: cannot be 0 when maxSurge is 0`,
  ]);
  refused(daemonSet, 'one that moves both ways', rolling({ maxUnavailable: '101%', maxSurge: 1 }), [
    `${path}.maxUnavailable: Invalid value: "101%": must not be greater than 100%`,
    `${path}.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero`,
  ]);
  const percent =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  refused(daemonSet, 'one that moves by no number', rolling({ maxUnavailable: 'some' }), [
    `${path}.maxUnavailable: Invalid value: "some": ${percent}`,
    `${path}.maxUnavailable: Required value: cannot be 0 when maxSurge is 0`,
  ]);
  refused(daemonSet, 'one that moves by a number in quotes', rolling({ maxUnavailable: '5' }), [
    `${path}.maxUnavailable: Invalid value: "5": ${percent}`,
  ]);
  refused(
    daemonSet,
    'counts, the strategy between them',
    spec({ minReadySeconds: -1, revisionHistoryLimit: -1, updateStrategy: { type: 'Slow' } }),
    [
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.updateStrategy: Unsupported value: {"Type":"Slow","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
      'spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
    ],
  );
});

test('a count of collisions that is there stays, zero too', () => {
  const of = (status: object) => ({ spec: spec(), status });
  for (const kind of [deployment, daemonSet, statefulSet]) {
    const causes = (next: object, old: object) => statusCauses(kind, of(next), of(old));
    const gone = 'status.collisionCount: Invalid value: 0: cannot be decremented';
    assert.deepEqual(causes({}, { collisionCount: 0 }), [gone], kind.kind);
    assert.deepEqual(causes({}, {}), [], kind.kind);
    assert.deepEqual(causes({ collisionCount: 1 }, { collisionCount: 0 }), [], kind.kind);
  }
});

describe('strategies that are not known', () => {
  const strategy = { type: 'Slow', rollingUpdate: { maxSurge: '50%' } };
  refused(deployment, 'of a Deployment', spec({ strategy }), [
    'spec.strategy: Unsupported value: {"Type":"Slow","RollingUpdate":{"MaxUnavailable":0,"MaxSurge":"50%"}}: supported values: "Recreate", "RollingUpdate"',
  ]);
  refused(statefulSet, 'of a StatefulSet', spec({ updateStrategy: { type: 'Slow' } }), [
    'spec.updateStrategy: Invalid value: {"Type":"Slow","RollingUpdate":null}: must be \'RollingUpdate\' or \'OnDelete\'',
  ]);
});

describe('selectors', () => {
  const unmatched =
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`';
  const kinds = [statefulSet, deployment, replicaSet];
  for (const kind of kinds) {
    refused(kind, `${kind.kind} without one`, { template }, [
      'spec.selector: Required value',
      unmatched,
    ]);
  }
  refused(daemonSet, 'DaemonSet without one', { template }, [unmatched]);
  refused(deployment, 'pods without labels', spec({ template: { spec: template.spec } }), [
    'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
  ]);
  const odd = { matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] };
  const shown = JSON.stringify(odd);
  const operator =
    'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator';
  refused(deployment, 'one that cannot be read', spec({ selector: odd }), [
    operator,
    `spec.selector: Invalid value: ${shown}: invalid label selector`,
  ]);
  refused(daemonSet, 'one that cannot be read', spec({ selector: odd }), [operator]);
});

describe('ReplicaSet and Deployment', () => {
  refused(
    replicaSet,
    'another selector',
    spec({ replicas: -1, selector: { matchLabels: { a: 'b' } } }),
    [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
  );
  refused(
    deployment,
    'recreated, with a deadline before it is ready',
    spec({
      strategy: { type: 'Recreate', rollingUpdate: {} },
      minReadySeconds: 600,
      progressDeadlineSeconds: 600,
    }),
    [
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
  );

  test('a name with dots and a template that warns', () => {
    const warned = {
      metadata: { labels },
      spec: { ...template.spec, nodeSelector: { 'beta.kubernetes.io/arch': 'arm64' } },
    };
    const made = newObject(deployment, spec({ template: warned }), { name: 'a.b' });
    assert.deepEqual(deployment.warnings?.(made, undefined), [
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
      'spec.template.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
    ]);
  });
});

test('what a ControllerRevision remembers is an object', () => {
  for (const [data, causes] of [
    [{ a: 1 }, []],
    [null, ['data: Required value: data is mandatory']],
    [[1], ['data: Required value: data must be a valid JSON object']],
  ] as const) {
    const made = { ...newObject(controllerRevision, {}), data };
    assert.deepEqual(causeTexts(controllerRevision.validateCreate?.(made)), causes);
  }
});

test('what a ControllerRevision remembers never changes', () => {
  const old = { ...newObject(controllerRevision, {}), data: { a: 1 }, revision: 1 };
  const next = { ...old, data: { a: 2 }, revision: 2 };
  assert.deepEqual(causeTexts(controllerRevision.validateUpdate?.(next, old)), [
    'data: Invalid value: {"a":2}: field is immutable',
  ]);
});
