import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutatingAdmissionPolicy } from './admissionregistration/mutating-admission-policy.ts';
import { validatingAdmissionPolicy } from './admissionregistration/validating-admission-policy.ts';
import { validatingWebhookConfiguration } from './admissionregistration/validating-webhook-configuration.ts';
import { podDisruptionBudget } from './policy/pod-disruption-budget.ts';
import { clusterRole } from './rbac/cluster-role.ts';
import type { KindDefinition } from './resource.ts';
import { csiStorageCapacity } from './storage/csi-storage-capacity.ts';
import { createCauses, updateCauses } from './validation-fixture.ts';

/** What was stored under older rules does not stand in the way of an update; what was right stays right. */

const wrongValue = { matchExpressions: [{ key: 'a', operator: 'In', values: ['-a'] }] };
const right = { matchLabels: { a: 'b' } };

test('values that no label has, where a selector had one already', () => {
  const kinds: [KindDefinition, (selector: object) => object][] = [
    [podDisruptionBudget, (selector) => ({ spec: { selector } })],
    [csiStorageCapacity, (nodeTopology) => ({ storageClassName: 'c', nodeTopology })],
    [clusterRole, (one) => ({ aggregationRule: { clusterRoleSelectors: [one] } })],
    [validatingWebhookConfiguration, (objectSelector) => hooks({ objectSelector })],
    [validatingWebhookConfiguration, (namespaceSelector) => hooks({ namespaceSelector })],
  ];
  for (const [kind, make] of kinds) {
    const causes = (next: object, old: object) =>
      updateCauses(kind, make(next), make(old)).filter((text) => text.includes('a valid label'));
    assert.equal(causes(wrongValue, right).length, 1, kind.kind);
    assert.equal(causes(wrongValue, wrongValue).length, 0, kind.kind);
  }
});

const hook = {
  name: 'a.b.c',
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  clientConfig: { url: 'https://a.b/c' },
};

function hooks(...list: object[]): object {
  return { webhooks: list.map((one) => ({ ...hook, ...one })) };
}

test('webhooks: side effects, versions, names and conditions', () => {
  const kind = validatingWebhookConfiguration;
  const table: [object[], string][] = [
    [
      [{ sideEffects: 'Some' }],
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    ],
    [
      [{ admissionReviewVersions: ['v2'] }],
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    ],
    [[{}, {}], 'webhooks[1].name: Duplicate value: "a.b.c"'],
    [
      [{ matchConditions: [{ name: 'a', expression: ' ' }] }],
      'webhooks[0].matchConditions[0].expression: Required value',
    ],
  ];
  for (const [list, cause] of table) {
    assert.deepEqual(createCauses(kind, hooks(...list)), [cause]);
    assert.deepEqual(updateCauses(kind, hooks(...list), hooks({})), [cause]);
    assert.deepEqual(updateCauses(kind, hooks(...list), hooks(...list)), []);
  }
  const [unknown] = updateCauses(
    kind,
    hooks({ sideEffects: 'Many' }),
    hooks({ sideEffects: 'Some' }),
  );
  assert.equal(
    unknown,
    'webhooks[0].sideEffects: Unsupported value: "Many": supported values: "None", "NoneOnDryRun", "Some", "Unknown"',
  );
});

test('policies: conditions, as long as they see the same parameters', () => {
  for (const kind of [validatingAdmissionPolicy, mutatingAdmissionPolicy]) {
    const of = (parts: object) => ({
      spec: { matchConditions: [{ name: 'a', expression: 'nothing' }], ...parts },
    });
    const conditions = (next: object, old: object) =>
      updateCauses(kind, of(next), of(old)).filter((text) => text.includes('matchConditions'));
    assert.equal(conditions({}, {}).length, 0, kind.kind);
    const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
    assert.equal(conditions({ paramKind }, {}).length, 1, kind.kind);
    assert.equal(conditions({ matchConditions: [{ name: 'b' }] }, {}).length, 1, kind.kind);
  }
});
