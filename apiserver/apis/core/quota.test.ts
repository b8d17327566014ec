import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { labelKeyErrors } from '../../../object/name.ts';
import { newObject, refused } from '../refused.ts';
import { resourceQuota } from './resource-quota.ts';
import { limitRange } from './limit-range.ts';

const qualifiedName = labelKeyErrors('-').join('');

describe('a ResourceQuota', () => {
  refused(
    resourceQuota,
    'names and amounts',
    { hard: { foo: '1', pods: '1.5', 'requests.nvidia.com/gpu': '1', 'count/jobs.batch': '3' } },
    [
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota',
      'spec.hard[pods]: Invalid value: "1.5": must be an integer',
    ],
  );
  refused(
    resourceQuota,
    'scopes',
    { hard: { cpu: '1' }, scopes: ['BestEffort', 'NotBestEffort', 'x'] },
    [
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","x"]: unsupported scope applied to resource',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","x"]: unsupported scope',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","x"]: conflicting scopes',
    ],
  );
  refused(
    resourceQuota,
    'selected scopes',
    {
      scopeSelector: {
        matchExpressions: [
          { scopeName: 'PriorityClass', operator: 'In' },
          { scopeName: 'Terminating', operator: 'In', values: ['a'] },
          { scopeName: 'y', operator: 'Exists', values: ['a'] },
        ],
      },
    },
    [
      "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      'spec.scopeSelector.matchExpressions.operator: Invalid value: "In": must be \'Exists\' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity',
      'spec.scopeSelector.matchExpressions.scopeName: Invalid value: "y": unsupported scope',
      "spec.scopeSelector.matchExpressions.values: Invalid value: [\"a\"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
    ],
  );
  refused(
    resourceQuota,
    'what a scope cannot count',
    {
      hard: { 'requests.storage': '1' },
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }],
      },
    },
    [
      'spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"PriorityClass","Operator":"In","Values":["high"]}]}: unsupported scope applied to resource',
    ],
  );
});

test('a ResourceQuota that grants more requests than limits is warned of when it is made', () => {
  const quota = newObject(resourceQuota, {
    hard: {
      cpu: '3000m',
      'limits.cpu': '2',
      memory: '3Gi',
      'requests.memory': '1Gi',
      'limits.memory': '2Gi',
      'requests.storage': '2',
      'limits.storage': '1',
      'requests.ephemeral-storage': '1',
      'limits.ephemeral-storage': '1',
    },
  });
  assert.deepEqual(resourceQuota.warnings?.(quota, undefined), [
    'ResourceQuota cpu (3) should be less than limits.cpu (2)',
    'ResourceQuota requests.storage (2) should be less than limits.storage (1)',
  ]);
  assert.deepEqual(resourceQuota.warnings?.(quota, quota), []);
});

test('a LimitRange without a name is given one', () => {
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  assert.match(newObject(limitRange, {}, { name: '' }).metadata.name ?? '', uuid);
  assert.equal(newObject(limitRange, {}).metadata.name, 'x');
});

describe('a LimitRange', () => {
  refused(
    limitRange,
    'types',
    {
      limits: [
        { type: 'Pod', default: { cpu: '1' } },
        { type: 'Pod' },
        { type: 'Thing' },
        { type: '-' },
      ],
    },
    [
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
      'spec.limits[1].type: Duplicate value: "Pod"',
      'spec.limits[2].type: Invalid value: "Thing": must be a standard limit type or fully qualified',
      `spec.limits[3].type: Invalid value: "-": ${qualifiedName}`,
    ],
  );
  refused(
    limitRange,
    'order',
    {
      limits: [
        {
          type: 'Container',
          max: { cpu: '1' },
          default: { cpu: '2' },
          min: { cpu: '500m' },
          maxLimitRequestRatio: { cpu: '3' },
        },
      ],
    },
    [
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than max value 1',
      'spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1',
      'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
    ],
  );
  refused(
    limitRange,
    'names',
    { limits: [{ type: 'Container', max: { foo: '1' }, default: { cpu: '1' } }] },
    [
      'spec.limits[0].max[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.limits[0].max[foo]: Invalid value: "foo": must be a standard resource for containers',
      'spec.limits[0].default[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.limits[0].default[foo]: Invalid value: "foo": must be a standard resource for containers',
      'spec.limits[0].defaultRequest[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.limits[0].defaultRequest[foo]: Invalid value: "foo": must be a standard resource for containers',
    ],
  );
  refused(
    limitRange,
    'ratio',
    { limits: [{ type: 'Pod', maxLimitRequestRatio: { cpu: '0.5' } }] },
    ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "0.5": ratio 0.5 is less than 1'],
  );
  const ratio = (maxLimitRequestRatio: string, min: string, max: string) => ({
    type: 'Pod',
    min: { cpu: min },
    max: { cpu: max },
    maxLimitRequestRatio: { cpu: maxLimitRequestRatio },
  });
  const at = 'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value:';
  for (const [name, limit, causes] of [
    [
      'a ratio is compared as it is, not rounded',
      ratio('999999u', '1', '1'),
      [`${at} "999999u": ratio 999999u is less than 1`],
    ],
    ['no ratio of nothing to nothing', ratio('2', '0', '0'), []],
    [
      'thousandths of great amounts are not counted',
      ratio('1500m', '10P', '15P'),
      [`${at} "1500m": ratio 1500m is greater than max/min = 1.500000`],
    ],
  ] as const) {
    refused(limitRange, name, { limits: [limit] }, causes);
  }
  refused(limitRange, 'claims', { limits: [{ type: 'PersistentVolumeClaim' }] }, [
    'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ]);
});
