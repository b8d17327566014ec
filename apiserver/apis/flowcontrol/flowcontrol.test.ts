import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowSchemas, priorityLevelConfigurations } from '../../bootstrap/flow-control-policy.ts';
import type { KindDefinition } from '../resource.ts';
import { createCauses, prepared, statusCauses } from '../validation-fixture.ts';
import { flowSchema } from './flow-schema.ts';
import { priorityLevelConfiguration } from './priority-level-configuration.ts';

function creates(kind: KindDefinition, cases: [parts: object, causes: string[]][]): void {
  for (const [parts, causes] of cases) {
    assert.deepEqual(createCauses(kind, parts), causes, JSON.stringify(parts));
  }
}

test('what every cluster starts with is valid', () => {
  for (const object of flowSchemas()) assert.deepEqual(createCauses(flowSchema, object), []);
  for (const object of priorityLevelConfigurations()) {
    assert.deepEqual(createCauses(priorityLevelConfiguration, object), []);
  }
});

test('FlowSchema', () => {
  const level = { name: 'l' };
  const spec = (rest: object) => ({ spec: { priorityLevelConfiguration: level, ...rest } });
  const rules = (...list: object[]) => spec({ rules: list });
  const group = { kind: 'Group', group: { name: 'g' } };
  creates(flowSchema, [
    [spec({}), []],
    [
      spec({
        matchingPrecedence: 10_001,
        distinguisherMethod: { type: 'ByMoon' },
        priorityLevelConfiguration: {},
      }),
      [
        'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000',
        'spec.distinguisherMethod.type: Unsupported value: {"Type":"ByMoon"}: supported values: "ByNamespace", "ByUser"',
        'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
      ],
    ],
    [
      spec({ matchingPrecedence: 1 }),
      [
        "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
      ],
    ],
    [
      rules({
        subjects: [
          { kind: 'User', group: { name: 'g' } },
          { kind: 'Group', group: {} },
        ],
      }),
      [
        "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
        "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
        'spec.rules[0].subjects[1].group.name: Required value',
        'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
      ],
    ],
    [
      rules({
        subjects: [group, { kind: 'ServiceAccount', serviceAccount: { name: '*' } }],
        resourceRules: [
          { verbs: ['get', 'fly'], apiGroups: ['*', 'a'], resources: ['*'], namespaces: ['A'] },
          { verbs: ['*'], clusterScope: true },
        ],
        nonResourceRules: [
          { verbs: ['*', 'get'], nonResourceURLs: ['a', '/a b', '/a//b', '/a*', '/a/*'] },
        ],
      }),
      [
        'spec.rules[0].subjects[1].serviceAccount.namespace: Required value: must specify namespace for service account',
        'spec.rules[0].resourceRules[0].verbs: Unsupported value: ["get","fly"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
        `spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other api groups`,
        "spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: \"A\": each member of this list must be '*' or a DNS-1123 label; a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        'spec.rules[0].resourceRules[1].apiGroups: Required value: resource rules must supply at least one api group',
        'spec.rules[0].resourceRules[1].resources: Required value: resource rules must supply at least one resource',
        `spec.rules[0].nonResourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a b": must not contain white-space',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a//b": must not contain double slash',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a*": wildcard can only do suffix matching',
      ],
    ],
  ]);
  const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true };
  const everything = rules({ subjects: [group], resourceRules: [all] });
  creates(flowSchema, [
    [
      { metadata: { name: 'catch-all' }, ...everything },
      [
        'spec: Invalid value: {"PriorityLevelConfiguration":{"Name":"l"},"MatchingPrecedence":1000,"DistinguisherMethod":null,"Rules":[{"Subjects":[{"Kind":"Group","User":null,"Group":{"Name":"g"},"ServiceAccount":null}],"ResourceRules":[{"Verbs":["*"],"APIGroups":["*"],"Resources":["*"],"ClusterScope":true,"Namespaces":null}],"NonResourceRules":null}]}: spec of \'catch-all\' must equal the fixed value',
      ],
    ],
  ]);
  assert.deepEqual(
    statusCauses(flowSchema, { status: { conditions: [{ type: 'a' }, { type: 'a' }, {}] } }, {}),
    [
      'status.conditions[1].type: Duplicate value: "a"',
      'status.conditions[2].type: Required value: must not be empty',
    ],
  );
});

test('PriorityLevelConfiguration', () => {
  const limited = (rest: object) => ({
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...rest } },
  });
  const response = (limitResponse: object) => limited({ limitResponse });
  const at = 'spec.limited.limitResponse';
  creates(priorityLevelConfiguration, [
    [limited({}), []],
    [
      { spec: { type: 'Exempt', limited: { limitResponse: { type: 'Reject' } } } },
      [
        `spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`,
        'spec.limited: Forbidden: must be nil if the type is not Limited',
      ],
    ],
    [
      { spec: { type: 'Limited' } },
      ['spec.limited: Required value: must not be empty when type is Limited'],
    ],
    [{ spec: {} }, ['spec.type: Unsupported value: "": supported values: "Exempt", "Limited"']],
    [
      limited({ nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1 }),
      [
        'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
        'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
        'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
      ],
    ],
    [
      response({ type: 'Wait' }),
      [`${at}.type: Unsupported value: "Wait": supported values: "Queue", "Reject"`],
    ],
    [
      response({ type: 'Queue' }),
      [`${at}.queuing: Required value: must not be empty if limited.limitResponse.type is Limited`],
    ],
    [
      response({ type: 'Reject', queuing: {} }),
      [`${at}.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited`],
    ],
    [
      response({ type: 'Queue', queuing: { queues: 4, handSize: 5, queueLengthLimit: -1 } }),
      [
        `${at}.queuing.queueLengthLimit: Invalid value: -1: must be positive`,
        `${at}.queuing.handSize: Invalid value: 5: should not be greater than queues (4)`,
      ],
    ],
    [
      response({ type: 'Queue', queuing: { queues: 512, handSize: 8, queueLengthLimit: 1 } }),
      [
        `${at}.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 512 and handSize 8 should not be greater than 60`,
      ],
    ],
  ]);
  const kept = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';
  creates(priorityLevelConfiguration, [
    [
      { metadata: { name: 'a', annotations: { [kept]: '' } }, ...limited({ lendablePercent: -1 }) },
      [
        `metadata.annotations: Forbidden: annotation '${kept}' is forbidden`,
        'spec.limited.lendablePercent: Invalid value: -1: must be between 0 and 100, inclusive',
      ],
    ],
  ]);
  const exempt = { metadata: { name: 'exempt' } };
  const { spec } = prepared(priorityLevelConfiguration, { ...exempt, spec: { type: 'Exempt' } });
  assert.deepEqual(spec, { type: 'Exempt' });
  creates(priorityLevelConfiguration, [
    [{ ...exempt, spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 5 } } }, []],
  ]);
  creates(priorityLevelConfiguration, [
    [
      { metadata: { name: 'catch-all' }, ...limited({}) },
      [
        'spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":30,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: spec of \'catch-all\' must equal the fixed value',
      ],
    ],
  ]);
});
