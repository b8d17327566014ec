import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age, humanDuration } from './human-duration.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

test('a duration shows at most two units, coarser the longer it lasts', () => {
  const table: [number, string][] = [
    [Number.NaN, '<invalid>'],
    [-2, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119.9, '119s'],
    [2 * minute, '2m'],
    [2 * minute + 5, '2m5s'],
    [10 * minute + 5, '10m'],
    [3 * hour - 1, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [8 * hour + 59 * minute, '8h'],
    [2 * day, '2d'],
    [2 * day + hour, '2d1h'],
    [8 * day + hour, '8d'],
    [2 * year - 1, '729d'],
    [2 * year, '2y'],
    [2 * year + 3 * day, '2y3d'],
    [8 * year + 300 * day, '8y'],
  ];
  for (const [seconds, text] of table) assert.equal(humanDuration(seconds), text, `${seconds}`);
});

test('an age without a timestamp is unknown', () => {
  assert.equal(age(null), '<unknown>');
  assert.equal(age('2024-01-01T00:00:00Z', Date.parse('2024-01-01T00:05:07Z')), '5m7s');
});
