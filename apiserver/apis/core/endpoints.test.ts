import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCauses, prepared, updateCauses } from '../validation-fixture.ts';
import { endpoints } from './endpoints.ts';

const stored = { subsets: [{ addresses: [{ ip: '010.0.0.1' }], ports: [{ port: 80 }] }] };

test('addresses that newer rules refuse stay where they are stored', () => {
  const refused = [
    'subsets[0].addresses[0].ip: Invalid value: "010.0.0.1": must not have leading 0s',
  ];
  assert.deepEqual(createCauses(endpoints, stored), refused);
  const labelled = { ...stored, metadata: { name: 'x', labels: { a: 'b' } } };
  assert.deepEqual(updateCauses(endpoints, labelled, stored), []);
  const changed = { subsets: [{ ...stored.subsets[0], ports: [{ port: 81 }] }] };
  assert.deepEqual(updateCauses(endpoints, changed, stored), refused);
});

test('Endpoints warn of addresses in a form of their own', () => {
  const deprecated = 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice';
  const warnings = (parts: object) => endpoints.warnings?.(prepared(endpoints, parts), undefined);
  assert.deepEqual(warnings(stored), [
    deprecated,
    'subsets[0].addresses[0].ip: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"',
  ]);
  const labels = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
  assert.deepEqual(warnings({ ...stored, metadata: { name: 'x', labels } }), [deprecated]);
});

test('an address is link-local by its first ten bits', () => {
  const of = (ip: string) => createCauses(endpoints, { subsets: [{ addresses: [{ ip }] }] });
  assert.deepEqual(of('fe8::1'), []);
  assert.deepEqual(of('febf::1'), [
    'subsets[0].addresses[0].ip: Invalid value: "febf::1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  ]);
});
