import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalCidr, canonicalIp, ipErrors, ipNumber, ipText, parseCidr } from './ip-format.ts';

test('addresses survive the way to a number and back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), (value) => {
      assert.equal(ipNumber(ipText(value, 'IPv4')), value);
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (value) => {
      assert.equal(ipNumber(ipText(value, 'IPv6')), value);
    }),
  );
});

test('canonical forms', () => {
  const table: [string, string][] = [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['fd00:0:0:1:0:0:0:1', 'fd00:0:0:1::1'],
    ['10.0.0.1', '10.0.0.1'],
  ];
  for (const [written, canonical] of table) assert.equal(canonicalIp(written), canonical);
  assert.equal(canonicalCidr('10.1.2.3/24'), '10.1.2.0/24');
});

test('what is an address, and where a block begins and ends', () => {
  for (const bad of ['', '1.2.3', '01.2.3.4', 'fe80::1%eth0', 'x']) {
    assert.equal(ipErrors(bad).length, 1, bad);
  }
  const cidr = parseCidr('10.96.0.0/12');
  assert.ok(cidr);
  assert.equal(ipText(cidr.first, 'IPv4'), '10.96.0.0');
  assert.equal(ipText(cidr.last, 'IPv4'), '10.111.255.255');
  assert.equal(parseCidr('10.0.0.0/33'), undefined);
});
