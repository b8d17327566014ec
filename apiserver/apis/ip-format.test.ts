import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  canonicalCidr,
  canonicalIp,
  cidrErrors,
  ipErrors,
  ipNumber,
  ipText,
  newCidrErrors,
  newIpErrors,
  parseCidr,
  strictIpErrors,
} from './ip-format.ts';

test('addresses survive the way to a number and back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), (value) => {
      assert.equal(ipNumber(ipText(value, 'IPv4')), value);
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (value) => {
      fc.pre(value >> 32n !== 0xffffn); // which are IPv4's
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
    ['010.000.0.01', '10.0.0.1'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::ffff:102:304', '1.2.3.4'],
    ['00fd00::0', 'fd00::'],
    ['x', 'x'],
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

test('fields older than the strict rules take any spelling of one meaning', () => {
  const noIp = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  const noBlock = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
  const zeros = 'must not have leading 0s in IP or prefix length';
  const hostBits = 'must not have bits set beyond the prefix length';
  const mapped = 'must not have an IPv4-mapped IPv6 address';
  const addresses: [string, string[]][] = [
    ['10.0.0.1', []],
    ['2001:DB8:0::1', []],
    ['10.0.0.01', ['must not have leading 0s']],
    ['010.0.0.1', ['must not have leading 0s']],
    ['::ffff:10.0.0.1', ['must not be an IPv4-mapped IPv6 address']],
    ['::FFFF:a00:1', ['must not be an IPv4-mapped IPv6 address']],
    ['::ffff:0:10.0.0.1', []],
    ['::ffff:01.2.3.4', ['must not have leading 0s']],
    ['::1:00000', ['must not have leading 0s']],
    ['10.0.0.256', [noIp]],
    ['0010.0.0.x', [noIp]],
  ];
  for (const [ip, errors] of addresses) assert.deepEqual(ipErrors(ip), errors, ip);
  const blocks: [string, string[]][] = [
    ['10.0.0.0/8', []],
    ['FD00::/64', []],
    ['10.0.0.1/8', [hostBits]],
    ['010.0.0.0/8', [zeros]],
    ['10.0.0.0/08', [zeros]],
    ['::ffff:10.0.0.0/120', [mapped]],
    ['10.0.0.0/33', [noBlock]],
    ['10.0.0.0/8/8', [noBlock]],
    ['10.0.0.0', [noBlock]],
  ];
  for (const [block, errors] of blocks) assert.deepEqual(cidrErrors(block), errors, block);
  assert.deepEqual(strictIpErrors('2001:DB8::1'), ['must be in canonical form ("2001:db8::1")']);
});

test('what an update finds it may keep', () => {
  assert.deepEqual(newIpErrors(['010.0.0.1'])('010.0.0.1'), []);
  assert.deepEqual(newIpErrors(['010.0.0.2'])('010.0.0.1'), ['must not have leading 0s']);
  assert.deepEqual(newCidrErrors(['10.0.0.1/8'])('10.0.0.1/8'), []);
  assert.equal(newCidrErrors([])('10.0.0.1/8').length, 1);
});
