import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { causeTexts, newObject, refused } from '../refused.ts';
import { podDisruptionBudget } from './pod-disruption-budget.ts';

describe('a PodDisruptionBudget', () => {
  refused(podDisruptionBudget, 'an empty one', {}, []);
  refused(
    podDisruptionBudget,
    'both bounds',
    { minAvailable: '101%', maxUnavailable: -1, unhealthyPodEvictionPolicy: 'Never' },
    [
      'spec: Invalid value: {"MinAvailable":"101%","Selector":null,"MaxUnavailable":-1,"UnhealthyPodEvictionPolicy":"Never"}: minAvailable and maxUnavailable cannot be both set',
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
      'spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0',
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
  );

  test('the conditions of its status are well formed', () => {
    const budget = newObject(podDisruptionBudget, {});
    budget.status = {
      currentHealthy: -1,
      conditions: [
        { type: 'A', status: 'True', reason: 'R', lastTransitionTime: '2024-01-01T00:00:00Z' },
        { type: 'A', status: 'Yes' },
      ],
    };
    assert.ok(typeof podDisruptionBudget.status === 'object');
    const causes = podDisruptionBudget.status.validateUpdate?.(budget, budget);
    assert.deepEqual(causeTexts(causes), [
      'status.conditions[1].type: Duplicate value: "A"',
      'status.conditions[1].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"',
      'status.conditions[1].lastTransitionTime: Required value: must be set',
      'status.conditions[1].reason: Required value: must be set',
      'status.currentHealthy: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});
