import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepCopy } from './copy.ts';
import { deepEqual, semanticEqual } from './equal.ts';
import { isWhole, parseJson, parseSent } from './json.ts';
import { parseYaml } from './yaml.ts';

/** What Go reads and writes again (sigs.k8s.io/json into interface{}, then encoding/json). */
const written: readonly [sent: string, again: string][] = [
  ['9007199254740993', '9007199254740993'],
  ['-9007199254740993', '-9007199254740993'],
  ['1152921504606846976', '1152921504606846976'],
  ['9223372036854775807', '9223372036854775807'],
  ['-9223372036854775808', '-9223372036854775808'],
  ['9223372036854775808', '9223372036854776000'],
  ['18446744073709551616', '18446744073709552000'],
  ['9007199254740993.0', '9007199254740992'],
  ['9007199254740993e0', '9007199254740992'],
  ['"9007199254740993"', '"9007199254740993"'],
  ['{"__proto__":9007199254740993}', '{"__proto__":9007199254740993}'],
  [
    '[1,9007199254740993,{"a":[9007199254740994]}]',
    '[1,9007199254740993,{"a":[9007199254740994]}]',
  ],
];

test('whole numbers keep the digits an int64 keeps', () => {
  for (const [sent, again] of written) {
    assert.equal(JSON.stringify(parseJson(sent)), again);
    assert.equal(JSON.stringify(deepCopy(parseJson(sent))), again);
    assert.ok(deepEqual(parseJson(sent), parseJson(sent)), sent);
    assert.ok(semanticEqual(parseJson(sent), parseJson(sent)), sent);
  }
  assert.ok(!deepEqual(parseJson('9007199254740993'), parseJson('9007199254740992')));
  assert.throws(() => parseJson('{"a":9007199254740993'), SyntaxError);
});

test('YAML keeps them too', () => {
  const value = parseYaml('a: 9007199254740993\nb: -0x7fffffffffffffff\nc: 1e20\n');
  assert.equal(
    JSON.stringify(value),
    '{"a":9007199254740993,"b":-9223372036854775807,"c":100000000000000000000}',
  );
});

test('what a number holds is a number', () => {
  assert.equal(parseJson('9007199254740991'), 9007199254740991);
  assert.deepEqual(parseJson('{"text":"0123456789012345","n":1}'), {
    text: '0123456789012345',
    n: 1,
  });
  assert.ok(isWhole(parseJson('9223372036854775807')));
  assert.ok(!isWhole(parseJson('9223372036854775808')));
});

test('half a surrogate pair in what a client sends is U+FFFD', () => {
  assert.deepEqual(parseSent('{"a\\uD800":["x\\udc00y","\\ud83d\\ude00"],"n":9007199254740993}'), {
    'a\ufffd': ['x\ufffdy', '\u{1f600}'],
    n: 9007199254740993n,
  });
});
