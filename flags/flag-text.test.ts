import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlagTable, parseFlags } from './flag-set.ts';
import { flagTexts } from './flag-text.ts';

const table = {
  bool: { kind: 'bool', help: '' },
  int: { kind: 'int', default: 5, help: '' },
  long: { kind: 'duration', default: '25h', help: '' },
  short: { kind: 'duration', default: '1.5s', help: '' },
  tiny: { kind: 'duration', default: '250ms', help: '' },
  none: { kind: 'duration', help: '' },
  list: { kind: 'list', help: '' },
  map: { kind: 'map', help: '' },
  text: { kind: 'string', help: '' },
} as const satisfies FlagTable;

test('values are written as pflag writes them', () => {
  const given = ['--bool', '--list=a,b', '--map=z=1', '--map=a=2', '--text=x'];
  assert.deepEqual(flagTexts(table, parseFlags(table, given).values), {
    bool: 'true',
    int: '5',
    long: '25h0m0s',
    short: '1.5s',
    tiny: '250ms',
    none: '0s',
    list: '[a,b]',
    map: 'a=2,z=1',
    text: 'x',
  });
});
