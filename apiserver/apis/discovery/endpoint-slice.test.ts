import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCauses, prepared, prepareUpdate, updateCauses } from '../validation-fixture.ts';
import { endpointSlice } from './endpoint-slice.ts';

const slice = (addressType: string, ...addresses: string[]) => ({
  addressType,
  endpoints: addresses.map((address) => ({ addresses: [address] })),
});

test('addresses: IPv4 in any spelling without zeros, IPv6 as it is printed', () => {
  const table: [string, string, string[]][] = [
    ['IPv4', '10.0.0.1', []],
    [
      'IPv4',
      '010.0.0.1',
      ['endpoints[0].addresses[0]: Invalid value: "010.0.0.1": must not have leading 0s'],
    ],
    [
      'IPv4',
      '2001:db8::1',
      ['endpoints[0].addresses: Invalid value: "2001:db8::1": must be an IPv4 address'],
    ],
    ['IPv6', '2001:db8::1', []],
    [
      'IPv6',
      '10.0.0.1',
      ['endpoints[0].addresses: Invalid value: "10.0.0.1": must be an IPv6 address'],
    ],
    [
      'IPv6',
      '2001:DB8::1',
      [
        'endpoints[0].addresses[0]: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
      ],
    ],
  ];
  for (const [type, address, causes] of table) {
    assert.deepEqual(createCauses(endpointSlice, slice(type, address)), causes, address);
  }
});

test('endpoints that are not changed are not judged again; ports are, and come first', () => {
  const old = slice('IPv4', '010.0.0.1');
  assert.deepEqual(updateCauses(endpointSlice, old, old), []);
  const changed = { ...slice('IPv4', '010.0.0.1', '10.0.0.2'), ports: [{ name: 'A' }] };
  assert.match(updateCauses(endpointSlice, changed, old).join('\n'), /^ports.*\nendpoints.*0s$/);
});

test('the generation counts labels too', () => {
  const labels = (a: string) => ({ metadata: { name: 'x', labels: { a } }, ...slice('IPv4') });
  const { generation } = prepareUpdate(endpointSlice, labels('b'), labels('c')).metadata;
  assert.equal(generation, 1);
  assert.equal(
    prepareUpdate(endpointSlice, labels('b'), labels('b')).metadata.generation,
    undefined,
  );
});

test('v1 takes no topology, but for a node that stood nowhere else', () => {
  const topology = (node: string, more: object = {}) => ({
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['10.0.0.1'], deprecatedTopology: { 'kubernetes.io/hostname': node }, ...more },
    ],
  });
  const ready = { conditions: { ready: true } };
  assert.deepEqual(prepared(endpointSlice, topology('n'))['endpoints'], [
    { addresses: ['10.0.0.1'] },
  ]);
  assert.deepEqual(prepareUpdate(endpointSlice, topology('n', ready), topology('n'))['endpoints'], [
    { addresses: ['10.0.0.1'], ...ready, nodeName: 'n' },
  ]);
  assert.deepEqual(
    prepareUpdate(endpointSlice, topology('n'), topology('n'))['endpoints'],
    topology('n').endpoints,
  );
});

test('warnings: FQDN when made, spellings of IPv6 unless a controller of the cluster wrote them', () => {
  const object = prepared(endpointSlice, slice('FQDN', 'a.b'));
  assert.deepEqual(endpointSlice.warnings?.(object, undefined), [
    'spec.addressType: FQDN endpoints are deprecated',
  ]);
  assert.deepEqual(endpointSlice.warnings?.(object, object), []);
  const upper = prepared(endpointSlice, slice('IPv6', '2001:DB8::1'));
  assert.deepEqual(endpointSlice.warnings?.(upper, upper), [
    'endpoints[0].addresses[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
  ]);
  upper.metadata.labels = {
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  };
  assert.deepEqual(endpointSlice.warnings?.(upper, upper), []);
});
