import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goQuote } from './go-format.ts';

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
