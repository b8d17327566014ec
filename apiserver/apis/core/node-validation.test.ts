import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Plain } from '../plain.ts';
import { validateNewNode, validateNodeUpdate } from './node-validation.ts';

function node(spec: Plain, status: Plain = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec, status };
}

function texts(causes: StatusCause[]): string[] {
  return causes.map((cause) => `${cause.field}: ${cause.message}`);
}

test('a Node is validated when it registers', () => {
  const taint = { key: 'a', effect: 'NoSchedule' };
  const spec = {
    taints: [taint, taint, { key: 'b', value: '-', effect: 'Never' }],
    podCIDRs: ['10.0.0.0/24', 'x', '10.0.0.0/24'],
  };
  assert.deepEqual(texts(validateNewNode(node(spec, { capacity: { cpu: '-1', pods: '1.5' } }))), [
    'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    "metadata.taints[2].value: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    'metadata.taints[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
    'status.capacity.pods: Invalid value: "1.5": must be an integer',
    'spec.podCIDRs[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    'spec.podCIDRs: Invalid value: ["10.0.0.0/24","x","10.0.0.0/24"]: may specify no more than one CIDR for each IP family',
    'spec.podCIDRs[2]: Duplicate value: "10.0.0.0/24"',
  ]);
});

test('what a Node was given it keeps', () => {
  const address = { type: 'InternalIP', address: '1.2.3.4' };
  const old = node({ podCIDRs: ['10.0.0.0/24'], providerID: 'a', externalID: 'x' });
  const next = node(
    { podCIDRs: ['10.0.1.0/24'], providerID: 'b' },
    { addresses: [address, address] },
  );
  assert.deepEqual(texts(validateNodeUpdate(next, old)), [
    'status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"1.2.3.4"}',
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    'spec.externalID: Forbidden: may not be updated',
  ]);
  assert.deepEqual(texts(validateNodeUpdate(old, node({ externalID: 'x' }))), []);
});
