import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goFormat, goQuote, goSyntax } from './go-format.ts';

test('%v writes floats as Go does', () => {
  const shown: [number | bigint, string][] = [
    [1_000_000, '1000000'],
    [2n ** 62n, '4611686018427387904'],
    [1.5, '1.5'],
    [-123_456.5, '-123456.5'],
    [1_234_567.5, '1.2345675e+06'],
    [1e20, '1e+20'],
    [-(2 ** 63) * 2, '-1.8446744073709552e+19'],
    [0.0001, '0.0001'],
    [1e-7, '1e-07'],
  ];
  for (const [value, text] of shown) assert.equal(goFormat(value), text);
});

test('%#v writes numbers and texts as Go source has them', () => {
  const shown: [unknown, string][] = [
    [12, '12'],
    [2n ** 62n, '4611686018427387904'],
    [1.5, '1.5'],
    [-(2 ** 63) * 2, '-1.8446744073709552e+19'],
    [
      { 'a\u0001': ['b\u0007', true, null] },
      'map[string]interface {}{"a\\x01":[]interface {}{"b\\a", true, interface {}(nil)}}',
    ],
  ];
  for (const [value, text] of shown) assert.equal(goSyntax(value), text);
});

test('%q writes control characters as Go does', () => {
  const quoted: [string, string][] = [
    ['plain', '"plain"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\t\n\r\b\f', '"\\t\\n\\r\\b\\f"'],
    ['\u0001\u001f\u007f', '"\\x01\\x1f\\x7f"'],
    ['\u0007\u000b', '"\\a\\v"'],
    ['\\u0001', '"\\\\u0001"'],
  ];
  for (const [text, expected] of quoted) assert.equal(goQuote(text), expected);
});
