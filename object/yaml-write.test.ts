import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from './yaml.ts';
import { writeYaml } from './yaml-write.ts';

/** Expectations are what goyaml v2 writes; every text is read back as what it was. */
function written(value: unknown, text: string): void {
  assert.equal(writeYaml(value), text);
  assert.deepEqual(parseYaml(text), value);
}

test('text that a reader of YAML 1.1 would take for something else is quoted', () => {
  const texts = { at: '2026-01-01T00:00:00Z', mode: '0777', on: 'yes', size: '12', span: '1:30' };
  written(
    texts,
    'at: "2026-01-01T00:00:00Z"\nmode: "0777"\n"on": "yes"\nsize: "12"\nspan: "1:30"\n',
  );
  written(['', '~', '.', '2026-13-01', '+8'], '- ""\n- "~"\n- .\n- 2026-13-01\n- "+8"\n');
});

test('indicators are quoted once, what cannot be shown twice', () => {
  written(
    ['a: b', 'a:b', '- a', '-a', "it's", '#a', 'a #b', 'a#b', ' a', '{}', "'a'", '@a', '--- a'],
    "- 'a: b'\n- a:b\n- '- a'\n- -a\n- it's\n- '#a'\n- 'a #b'\n- a#b\n- ' a'\n- '{}'\n- '''a'''\n- '@a'\n- '--- a'\n",
  );
  written(
    ['a\tb', 'a\u0007\\"', '😀', 'é', '\u00a0'],
    '- "a\\tb"\n- "a\\a\\\\\\""\n- "\\U0001F600"\n- é\n- \u00a0\n',
  );
});

test('keys are in natural order, lists of a map not indented', () => {
  written(
    { b: [{ y: 1, x: [[1], {}] }], a: {}, c: [], a10: 0, a2: 0, 'a-b': 0, ab: 0, 'f:a': 0, '.': 0 },
    '.: 0\na: {}\na-b: 0\na2: 0\na10: 0\nab: 0\nb:\n- x:\n  - - 1\n  - {}\n  "y": 1\nc: []\nf:a: 0\n',
  );
  written({ a01: 0, a1: 0, a001: 0, a100: 0 }, 'a1: 0\na01: 0\na001: 0\na100: 0\n');
  const long = 'k'.repeat(129);
  written({ [long]: { a: 'b', c: 'd' } }, `? ${long}\n: a: b\n  c: d\n`);
});

test('lines end at a space behind the 80th column', () => {
  const words = (count: number): string => 'word '.repeat(count).trim();
  written({ a: { b: words(20) } }, `a:\n  b: ${words(16)}\n    ${words(4)}\n`);
  written([`a: ${words(20)}`], `- 'a: ${words(16)}\n  ${words(4)}'\n`);
  written([`\t${words(20)}`], `- "\\t${words(16)}\n  ${words(4)}"\n`);
  written(['x'.repeat(90)], `- ${'x'.repeat(90)}\n`);
});

test('text of several lines is a block', () => {
  written({ a: 'b\nc\n' }, 'a: |\n  b\n  c\n');
  written({ a: 'b\n\n c' }, 'a: |-\n  b\n\n   c\n');
  written({ a: 'b\n\n', c: 1 }, 'a: |+\n  b\n\nc: 1\n');
  written([' b\n'], '- |2\n   b\n');
  written(['b \nc'], '- "b \\nc"\n');
});

test('numbers are as Go writes them', () => {
  assert.equal(
    writeYaml([1, -5, 1.5, 1234567.5, 1e-7, 1e21, 0.0001, 9007199254740993n, true, null]),
    '- 1\n- -5\n- 1.5\n- 1.2345675e+06\n- 1e-07\n- 1e+21\n- 0.0001\n- 9007199254740993\n- true\n- null\n',
  );
  assert.equal(writeYaml('a'), 'a\n');
  assert.equal(writeYaml({}), '{}\n');
  assert.equal(writeYaml({ a: undefined }), '{}\n');
});
