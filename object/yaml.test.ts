import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeYaml, parseYaml } from './yaml.ts';

test('scalars are what they are to upstream', () => {
  const read = (text: string) => (decodeYaml(`v: ${text}\n`).value as { v: unknown }).v;
  const values: [text: string, value: unknown][] = [
    ['yes', true],
    ['y', true],
    ['Off', false],
    ['n', false],
    ['yES', 'yES'],
    ['"yes"', 'yes'],
    ['~', null],
    ['', null],
    ['Null', null],
    ['0644', 420],
    ['0o644', 420],
    ['0x1F', 31],
    ['-0b101', -5],
    ['1_000', 1000],
    ['08', 8],
    ['+5', 5],
    ['-0x10', -16],
    ['1e3', 1000],
    ['.5', 0.5],
    ['1.', 1],
    ['.', '.'],
    ['1:30', '1:30'],
    ['2001-12-14', '2001-12-14'],
    ['2001-12-14T21:59:43Z', '2001-12-14T21:59:43Z'],
    ['18446744073709551615', 2 ** 64],
    ['0xfffffffffffffffff', '0xfffffffffffffffff'],
    ['1e999', '1e999'],
    ['!!str 5', '5'],
    ['!!float 5', 5],
    ['!!int "5"', 5],
    ['!!binary aGk=', 'hi'],
    ['!own 5', '5'],
    ['|\n  1\n', '1\n'],
    ['{a: b}', { a: 'b' }],
  ];
  for (const [text, value] of values) assert.deepEqual(read(text), value, text);
});

test('keys are text in order, the last of two wins, merges happen where they stand', () => {
  const read = (text: string) => JSON.stringify(decodeYaml(text).value);
  assert.equal(read('b: 1\nyes: 2\n1.5: 3\n7: 4\n'), '{"7":4,"1.5":3,"b":1,"true":2}');
  assert.equal(read('a: 1\na: 2\n'), '{"a":2}');
  assert.equal(
    read('x: &x {a: 1, b: 2}\nz: {a: 0, <<: *x, b: 3}\n'),
    '{"x":{"a":1,"b":2},"z":{"a":1,"b":3}}',
  );
  assert.equal(
    read('- &x {a: 1}\n- &y {a: 2, b: 2}\n- <<: [*x, *y]\n'),
    '[{"a":1},{"a":2,"b":2},{"a":1,"b":2}]',
  );
  assert.equal(read('a: 1\n---\nb: [\n'), '{"a":1}');
  assert.equal(read('# nothing\n'), 'null');
});

test('keys that are floats have the digits of a float32', () => {
  const keys = (text: string) => Object.keys(decodeYaml(text).value as object);
  assert.deepEqual(keys('1000000.0: a\n1000000: b\n1_0.50: c\n'), ['1000000', '10.5', '1e+06']);
  assert.deepEqual(keys('1e-5: a\n0.0001: b\n16777217.0: c\n'), [
    '0.0001',
    '1.6777216e+07',
    '1e-05',
  ]);
  assert.deepEqual(keys('.nan: a\n-.Inf: b\n1e39: c\n-0.0: d\n'), ['-.inf', '-0', '.inf', '.nan']);
  assert.deepEqual(keys('!!float 10000000: a\n!!str 1.50: b\n&x 2.50: c\nd: {*x : e}\n'), [
    '1.50',
    '1e+07',
    '2.5',
    'd',
  ]);
});

test('within quotes and brackets a line begins anywhere', () => {
  const texts: [text: string, value: unknown][] = [
    ["a:\n  - b: 'x\n  y'\n    c: 1\n", { a: [{ b: 'x y', c: 1 }] }],
    ['a: "x\n\ny"\nb: 1\n', { a: 'x\ny', b: 1 }],
    ['a:\n  b: "x\\\n y"\n', { a: { b: 'xy' } }],
    ['a:\n  b: {c: 1,\n d: [\n2\n]\n}\ne: 3\n', { a: { b: { c: 1, d: [2] } }, e: 3 }],
    ['a: [b\nc]\nd:\n  e: {\n\tf: 1}\n  g: 2\n', { a: ['b c'], d: { e: { f: 1 }, g: 2 } }],
  ];
  for (const [text, value] of texts) assert.deepEqual(decodeYaml(text).value, value, text);
  assert.throws(() => decodeYaml('a: [1\n---\n]\n'));
});

test('a strict reading names keys given twice by their lines', () => {
  assert.equal(decodeYaml('a: 1\nb: 2\n').duplicates, undefined);
  assert.equal(
    decodeYaml('a: 1\nb:\n  c: 1\n  c: 2\na: 2\n1: x\n1: y\n').duplicates,
    'yaml: unmarshal errors:\n  line 4: key "c" already set in map\n  line 5: key "a" already set in map\n  line 7: key 1 already set in map',
  );
  assert.throws(() => parseYaml('a: 1\na: 2\n'), /line 2: key "a" already set in map/);
});

test("mistakes are told in libyaml's words", () => {
  const refused: [text: string, why: string][] = [
    ['a: 1\nfoo\nb: 2\n', "line 3: could not find expected ':'"],
    ['a:\n  b: 1\n  foo\n\n# c\nc: 2\n', "line 5: could not find expected ':'"],
    ['a: 1\n"b"\n# c\n\nc: 2\n', "line 5: could not find expected ':'"],
    ['a: 1\nb # c\n\nc: 2\n', "line 4: could not find expected ':'"],
    ['- a\nb\n', "line 3: could not find expected ':'"],
    ['a: 1\nb\n', "line 3: could not find expected ':'"],
    ['foo\nb: 2\n', 'line 2: mapping values are not allowed in this context'],
    ['a: b\n  c: d\n', 'line 2: mapping values are not allowed in this context'],
    ['a: 1\nb: - x\n', 'line 2: block sequence entries are not allowed in this context'],
    ['a: ? x\n', 'mapping keys are not allowed in this context'],
    ['- a\nb: 1\n', "line 1: did not find expected '-' indicator"],
    ['a:\n  - b\n  c: 1\n', "line 2: did not find expected '-' indicator"],
    ['a: 1\n- b\n', 'line 1: did not find expected key'],
    ["a: 'b' c\n", 'did not find expected key'],
    ['- [a, b\n', "line 1: did not find expected ',' or ']'"],
    ['a: {b: 1\n', "line 1: did not find expected ',' or '}'"],
    ['a: [b\nc: 1\n', "line 1: did not find expected ',' or ']'"],
    ['a: 1\n\tb: 2\n', 'line 2: found a tab character that violates indentation'],
    ['a:\n\tb: 2\n', 'line 2: found character that cannot start any token'],
    ['a: |x\n  b\n', 'did not find expected comment or line break'],
    ['a: &\n', 'did not find expected alphabetic or numeric character'],
    ['a: 1\nb: *.js\n', 'line 2: did not find expected alphabetic or numeric character'],
  ];
  for (const [text, why] of refused) {
    assert.throws(() => decodeYaml(text), { message: `yaml: ${why}` }, text);
  }
});

test('what upstream refuses', () => {
  const refused: [text: string, why: string][] = [
    ['a: b: c\n', 'yaml: mapping values are not allowed in this context'],
    ['a: 1\nb: c: d\n', 'yaml: line 2: mapping values are not allowed in this context'],
    ['a:\n  b: 1\n c: 2', 'yaml: line 2: did not find expected key'],
    ['a: "\\q"', 'yaml: found unknown escape character'],
    ['a: 1\nb: @x', 'yaml: line 2: found character that cannot start any token'],
    ['a: 1\nb: "x\n', 'yaml: line 3: found unexpected end of stream'],
    ['a: *b\n', "yaml: unknown anchor 'b' referenced"],
    ['a: &a [*a]\n', "yaml: anchor 'a' value contains itself"],
    ['a: &a {b: *a}\n', "yaml: anchor 'a' value contains itself"],
    ['<<: 1\n', 'yaml: map merge requires map or sequence of maps as the value'],
    ['a: !!int x\n', 'yaml: cannot decode !!str `x` as a !!int'],
    ['a: !!int 1.0\n', 'yaml: cannot decode !!float `1.0` as a !!int'],
    [
      '9223372036854775808: x\n',
      'unsupported map key of type: uint64, key: 0x8000000000000000, value: "x"',
    ],
    ['a: .inf\n', 'json: unsupported value: +Inf'],
    [
      '[{b: c}, ~]: d\n',
      'yaml: invalid map key: []interface {}{map[interface {}]interface {}{"b":"c"}, interface {}(nil)}',
    ],
    ['~: ~\n', 'unsupported map key of type: %!s(<nil>), key: <nil>, value: <nil>'],
    ['~: 1\n', 'unsupported map key of type: %!s(<nil>), key: <nil>, value: 1'],
    [
      `a: &a [${'x,'.repeat(9)}]\n${'bcdefghi'
        .split('')
        .map((c, i) => `${c}: &${c} [${`*${'abcdefgh'[i]},`.repeat(9)}]\n`)
        .join('')}`,
      'yaml: document contains excessive aliasing',
    ],
  ];
  for (const [text, why] of refused) assert.throws(() => decodeYaml(text), { message: why });
});
