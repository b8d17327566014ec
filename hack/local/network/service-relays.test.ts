import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { wantedListeners } from './service-relays.ts';

function idsOf(spec: object, status: object = {}): string[] {
  const service: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', namespace: 'default' },
    spec,
    status,
  };
  return wantedListeners(service).map((w) => `${w.id} -> ${w.portName}`);
}

const ports = [
  { name: 'https', port: 443, protocol: 'TCP', nodePort: 30443 },
  { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
];

test('a ClusterIP listens on its TCP ports only', () => {
  const tcp = { name: 'https', port: 443 };
  const spec = { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ports: [tcp, ports[1]] };
  assert.deepEqual(idsOf(spec), ['10.96.0.9:443 -> https']);
});

test('a load balancer listens outside and inside on its address, beside node port and ClusterIP', () => {
  const spec = { type: 'LoadBalancer', clusterIP: '10.96.0.9', ports };
  assert.deepEqual(idsOf(spec, { loadBalancer: { ingress: [{ ip: '127.0.0.2' }] } }), [
    '10.96.0.9:443 -> https',
    '0.0.0.0:30443 -> https',
    'outside 127.0.0.2:443 -> https',
    '127.0.0.2:443 -> https',
  ]);
});

test('an address that is not ours to open is left alone', () => {
  const spec = { type: 'LoadBalancer', clusterIP: '10.96.0.9', ports: [{ port: 80 }] };
  assert.deepEqual(idsOf(spec, { loadBalancer: { ingress: [{ ip: '203.0.113.5' }] } }), [
    '10.96.0.9:80 -> ',
  ]);
});

test('headless and external Services have nothing to listen on', () => {
  assert.deepEqual(idsOf({ clusterIP: 'None', ports }), []);
  assert.deepEqual(idsOf({ type: 'ExternalName', externalName: 'example.com' }), []);
});
