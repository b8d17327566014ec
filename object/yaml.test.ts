import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml, writeYaml } from './yaml.ts';

test('text that a reader of YAML 1.1 would take for something else is quoted', () => {
  const texts = { at: '2026-01-01T00:00:00Z', mode: '0777', on: 'yes', size: '12', span: '1:30' };
  const written = writeYaml(texts);
  assert.equal(
    written,
    'at: "2026-01-01T00:00:00Z"\nmode: "0777"\n"on": "yes"\nsize: "12"\nspan: "1:30"\n',
  );
  assert.deepEqual(parseYaml(written), texts);
});

test('keys are in order, lists not indented, nothing is folded', () => {
  const written = writeYaml({ b: [{ y: 1, x: 'word '.repeat(40).trim() }], a: {}, c: [] });
  assert.equal(written, `a: {}\nb:\n- x: ${'word '.repeat(40).trim()}\n  "y": 1\nc: []\n`);
});
