import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KindDefinition } from '../resource.ts';
import { createCauses, updateCauses } from '../validation-fixture.ts';
import { clusterRoleBinding } from './cluster-role-binding.ts';
import { clusterRole } from './cluster-role.ts';
import { roleBinding } from './role-binding.ts';
import { role } from './role.ts';

function creates(kind: KindDefinition, cases: [parts: object, causes: string[]][]): void {
  for (const [parts, causes] of cases) {
    assert.deepEqual(createCauses(kind, parts), causes, JSON.stringify(parts));
  }
}

test('rules of roles', () => {
  const nonResource = { nonResourceURLs: ['/a'], verbs: ['get'] };
  creates(role, [
    [{ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }, []],
    [
      { rules: [{}] },
      [
        'rules[0].verbs: Required value: verbs must contain at least one value',
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    [
      { rules: [{ ...nonResource, resources: ['pods'] }] },
      [
        'rules[0].nonResourceURLs: Invalid value: ["/a"]: namespaced rules cannot apply to non-resource URLs',
        'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs',
      ],
    ],
  ]);
  creates(clusterRole, [
    [{ rules: [nonResource] }, []],
    [
      { aggregationRule: {} },
      [
        'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
      ],
    ],
    [
      {
        aggregationRule: {
          clusterRoleSelectors: [
            { matchLabels: { a: 'b' } },
            { matchExpressions: [{ key: 'a', operator: 'Like' }] },
          ],
        },
      },
      [
        'aggregationRule.clusterRoleSelectors[1].matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
        'aggregationRule.clusterRoleSelectors[1]: Invalid value: null: invalid label selector.',
      ],
    ],
  ]);
});

test('bindings', () => {
  const group = 'rbac.authorization.k8s.io';
  const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'r' };
  creates(clusterRoleBinding, [
    [{ roleRef, subjects: [{ kind: 'User', name: 'u' }] }, []],
    [
      {
        roleRef: { apiGroup: 'x', kind: 'Role' },
        subjects: [
          { kind: 'User', apiGroup: 'x' },
          { kind: 'ServiceAccount', name: 's', apiGroup: 'x' },
          { kind: 'Robot', name: 'n' },
        ],
      },
      [
        `roleRef.apiGroup: Unsupported value: "x": supported values: "${group}"`,
        'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
        'roleRef.name: Required value',
        'subjects[0].name: Required value',
        `subjects[0].apiGroup: Unsupported value: "x": supported values: "${group}"`,
        'subjects[1].apiGroup: Unsupported value: "x": supported values: ""',
        'subjects[1].namespace: Required value',
        'subjects[2].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
      ],
    ],
  ]);
  creates(roleBinding, [
    [
      { roleRef: { ...roleRef, kind: 'Other' } },
      ['roleRef.kind: Unsupported value: "Other": supported values: "Role", "ClusterRole"'],
    ],
  ]);
  assert.deepEqual(updateCauses(roleBinding, { roleRef: { ...roleRef, name: 's' } }, { roleRef }), [
    `roleRef: Invalid value: {"APIGroup":"${group}","Kind":"ClusterRole","Name":"s"}: cannot change roleRef`,
  ]);
});
