import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespaceConditions } from './namespace-conditions.ts';

const now = new Date('2026-01-01T00:00:00Z');
const nothing = { resources: new Map(), finalizers: new Map(), failedGroups: [], errors: [] };

test('what remains is said in upstream words, and taken back when it is gone', () => {
  const remaining = {
    ...nothing,
    resources: new Map([['pods.', 2]]),
    finalizers: new Map([['example.com/hold', 1]]),
  };
  const before = namespaceConditions(undefined, remaining, now);
  const of = (list: readonly { type: string }[], type: string) => list.find((c) => c.type === type);
  assert.deepEqual(of(before, 'NamespaceContentRemaining'), {
    type: 'NamespaceContentRemaining',
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: 'Some resources are remaining: pods. has 2 resource instances',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  assert.deepEqual(of(before, 'NamespaceFinalizersRemaining'), {
    type: 'NamespaceFinalizersRemaining',
    status: 'True',
    reason: 'SomeFinalizersRemain',
    message:
      'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  const after = namespaceConditions(before, nothing, now);
  assert.ok(after.every((c) => c.status === 'False'));
  assert.equal(after.length, 5);
});
