import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusOf } from './status.ts';

test('a fault of the program is told without its innards', () => {
  for (const fault of [new TypeError('x'), new ReferenceError('x'), new RangeError('x')]) {
    const { status, unexpected, panic } = statusOf(fault);
    assert.equal(panic, fault);
    assert.equal(unexpected, true);
    assert.equal(status.code, 500);
    assert.deepEqual(status.plain, {
      text: 'This request caused apiserver to panic. Look in the logs for details.\n',
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
      },
    });
  }
  const { status, panic } = statusOf(new Error('no such table'));
  assert.equal(panic, undefined);
  assert.equal(status.message, 'Internal error occurred: no such table');
});
