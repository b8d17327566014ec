import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryOf } from './query.ts';

test('parameters that cannot be read are left out', () => {
  const read = (text: string) => [...queryOf(text)];
  assert.deepEqual(read('a=1&b=x+y%20z&c'), [
    ['a', '1'],
    ['b', 'x y z'],
    ['c', ''],
  ]);
  assert.deepEqual(read('a=1;b=2&c=%zz&d=4&%=5&e=%4'), [['d', '4']]);
});
