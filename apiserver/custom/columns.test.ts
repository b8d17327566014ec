import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf } from './columns.ts';

type Printed = { name: string; type: string; jsonPath: string };

function columns(...printed: [type: string, jsonPath: string][]) {
  const made = printed.map(([type, jsonPath], i): Printed => ({ name: `c${i}`, type, jsonPath }));
  const version = { name: 'v1', served: true, storage: true, additionalPrinterColumns: made };
  return columnsOf(version).slice(1);
}

function cells(spec: object, ...printed: [type: string, jsonPath: string][]) {
  const object = { apiVersion: 'a/v1', kind: 'A', metadata: { name: 'a' }, spec };
  return columns(...printed).map(({ cell }) => cell(object));
}

test('a path that cannot be read ends the columns, not the definition', () => {
  const shown = columns(['string', '.a'], ['string', '.b["x"]'], ['string', '.c']);
  assert.deepEqual(
    shown.map(({ name }) => name),
    ['c0'],
  );
});

test('what is no text is written as Go prints it', () => {
  const spec = { none: null, small: 0.00001, long: 1234567.5, map: { b: '<', a: 1 }, yes: true };
  const paths = ['none', 'small', 'long', 'map', 'yes', 'absent'];
  assert.deepEqual(
    cells(spec, ...paths.map((path): [string, string] => ['string', `.spec.${path}`])),
    ['<no value>', '1e-05', '1.2345675e+06', '{"a":1,"b":"\\u003c"}', 'true', null],
  );
});

test('numbers, dates, and what is of another type', () => {
  const spec = { float: 2.7, huge: 1e21, day: '2024-01-02', empty: '', text: '5', list: [1] };
  const found = cells(
    spec,
    ['integer', '.spec.float'],
    ['integer', '.spec.huge'],
    ['integer', '.spec.text'],
    ['number', '.spec.float'],
    ['boolean', '.spec.text'],
    ['date', '.spec.day'],
    ['date', '.spec.empty'],
    ['date', '.spec.float'],
    ['integer', '.spec.list[1]'],
  );
  const unknown = ['<invalid>', '<unknown>', null, null];
  assert.deepEqual(found, [2, -(2n ** 63n), null, 2.7, null, ...unknown]);
});

test('a bookmark has no age', () => {
  const [, age] = columnsOf({ name: 'v1', served: true, storage: true });
  assert.equal(age?.cell({ apiVersion: 'a/v1', kind: 'A', metadata: {} }), null);
});
