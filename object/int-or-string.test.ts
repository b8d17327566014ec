import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intValue, isPercent, scaledValue } from './int-or-string.ts';

test('numbers, numbers as text, percentages', () => {
  assert.equal(scaledValue(3, 10, true), 3);
  assert.equal(scaledValue('25%', 10, true), 3);
  assert.equal(scaledValue('25%', 10, false), 2);
  assert.equal(isPercent('25%'), true);
  assert.equal(isPercent('2.5%'), false);
  assert.equal(intValue('8080'), 8080);
  assert.equal(intValue('http'), 0);
  assert.throws(() => scaledValue('3', 10, true), /string is not a percentage/);
  assert.throws(() => scaledValue('a%', 10, true), /invalid value "a%"/);
});
