import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlagTable, parseFlags } from './flag-set.ts';

const table = {
  one: { kind: 'map', help: '' },
  quoted: { kind: 'quotedMap', help: '' },
  gates: { kind: 'configuration', help: '' },
} as const satisfies FlagTable;
const parse = (...argv: string[]) => parseFlags(table, argv).values;

test('one pair each time has the commas of its value', () => {
  assert.deepEqual(parse('--one=a=b,c=d', '--one= e = f ').one, { a: 'b,c=d', e: 'f' });
  assert.throws(() => parse('--one=a'), {
    message: 'invalid argument "a" for "--one" flag: malformed pair, expect string=string',
  });
});

test('several pairs of one flag stand in quotes', () => {
  assert.deepEqual(parse('--quoted=m,l=a,b').quoted, { 'm,l': 'a,b' });
  assert.deepEqual(parse('--quoted="m,l=a,b","n,l=""c"""', '--quoted="o,l=d"').quoted, {
    'm,l': 'a,b',
    'n,l': '"c"',
    'o,l': 'd',
  });
  assert.throws(() => parse('--quoted=x'), {
    message: 'invalid argument "x" for "--quoted" flag: x must be formatted as key=value',
  });
});

test('a key of a configuration may stand alone', () => {
  assert.deepEqual(parse('--gates=a=true,b,', '--gates=c=x').gates, { a: 'true', b: '', c: 'x' });
});

test('a list is a record of CSV', () => {
  const lists = { list: { kind: 'list', help: '' } } as const satisfies FlagTable;
  const list = (...argv: string[]) => parseFlags(lists, argv).values.list;
  assert.deepEqual(list('--list=a,,b', '--list=', '--list="c,d",e,'), [
    'a',
    '',
    'b',
    'c,d',
    'e',
    '',
  ]);
  assert.throws(() => list('--list="a'), {
    message:
      'invalid argument "\\"a" for "--list" flag: parse error on line 1, column 3: extraneous or missing " in quoted-field',
  });
});
