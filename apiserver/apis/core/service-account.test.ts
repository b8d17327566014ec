import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceAccount } from './service-account.ts';

test('who begins to enforce mountable secrets is told what to do instead, once', () => {
  const plain = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a' } };
  const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
  const enforcing = { ...plain, metadata: { ...plain.metadata, annotations } };
  const [told, ...more] = serviceAccount.warnings?.(enforcing, undefined) ?? [];
  assert.equal(
    told,
    'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets',
  );
  assert.deepEqual(more, []);
  assert.deepEqual(serviceAccount.warnings?.(enforcing, plain), [told]);
  assert.deepEqual(serviceAccount.warnings?.(enforcing, enforcing), []);
  assert.deepEqual(serviceAccount.warnings?.(plain, enforcing), []);
});
