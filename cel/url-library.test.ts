import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from './environment.ts';

/** What upstream gives, recorded; `!` before an error. */
const results: readonly (readonly [expression: string, result: string])[] = [
  ["isURL('urn:uuid:1')", 'true'],
  ["isURL('mailto:a@b.c') && isURL('https:://a/') && !isURL('a/b')", 'true'],
  ["url('http://u:p@h:1/a%2Fb/é?k=1&k=2+3#f').getHost()", 'h:1'],
  ["url('http://h/a%2Fb').getEscapedPath()", '/a%2Fb'],
  ["url('http://h/a%2Fb/é').getEscapedPath()", '/a/b/%C3%A9'],
  ["url('http://h/?k=1&k=2+3&x;y#f').getQuery()['k'].join('|')", '1|2 3'],
  ["url('HTTP://[::1]:80/').getHostname() + url('HTTP://[::1]:80/').getScheme()", '::1http'],
  ["url('http://a b/')", badUrl('http://a b/', 'invalid character " " in host name')],
  ["url('http://[x]/')", badUrl('http://[x]/', 'invalid host: ParseAddr("x"): unable to parse IP')],
  ["url('http://h:1:2/')", badUrl('http://h:1:2/', 'invalid port ":1:2" after host')],
  ["url('http://h/%zz')", badUrl('http://h/%zz', 'invalid URL escape "%zz"')],
  ["url('a b')", badUrl('a b', 'invalid URI for request')],
  ["ip('1.2.3.400')", badAddress('1.2.3.400', 'IPv4 field has value >255')],
  ["ip('::1::')", badAddress('::1::', 'multiple :: in address (at ":")')],
  [
    "ip('2020-01-01T00:00:00Z')",
    badAddress('2020-01-01T00:00:00Z', 'unexpected character, want colon (at "-01-01T00:00:00Z")'),
  ],
  ["ip('::1%eth0')", '!IP address "::1%eth0" with zone value is not allowed'],
  ["string(cidr('::1.2.3.4/9'))", '::102:304/9'],
  [
    "cidr('::ffff:1.2.3.4/9')",
    '!network address parse error during conversion from string: IPv4-mapped IPv6 address "::ffff:1.2.3.4/9" is not allowed',
  ],
  [
    "cidr('1:2/9')",
    '!network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("1:2/9"): ParseAddr("1:2"): address string too short',
  ],
];

function badUrl(text: string, why: string): string {
  return `!URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${why}`;
}

function badAddress(text: string, why: string): string {
  const quoted = JSON.stringify(text);
  return `!IP Address ${quoted} parse error during conversion from string: ParseAddr(${quoted}): ${why}`;
}

test('URLs and addresses are taken apart as Go does', () => {
  for (const [expression, expected] of results) {
    let result: string;
    try {
      result = String(compileExpression(expression, {}).evaluate({}, 1000).run());
    } catch (error) {
      result = `!${(error as Error).message}`;
    }
    assert.equal(result, expected, expression);
  }
});
