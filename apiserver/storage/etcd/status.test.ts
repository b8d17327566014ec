import assert from 'node:assert/strict';
import { it } from 'node:test';
import { code, GrpcError, isTransient } from './status.ts';

it('asks again when etcd was the first to see that the time of an attempt is over', () => {
  assert.ok(isTransient(new GrpcError(code.unknown, 'context deadline exceeded')));
  assert.ok(isTransient(new GrpcError(code.deadlineExceeded, '')));
  assert.ok(!isTransient(new GrpcError(code.unknown, 'etcdserver: user name not found')));
});
