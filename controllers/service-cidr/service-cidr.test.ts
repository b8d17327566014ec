import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { ipAddresses, serviceCidrs } from '../resources.ts';
import { startScenario } from '../scenario.ts';
import { canGo, serviceCidrController } from './service-cidr.ts';

const range = (name: string, ...cidrs: string[]): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name },
  spec: { cidrs },
});

const address = (name: string): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: { name, labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
  spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
});

test('a range is held, is ready, and stays while its addresses are', async () => {
  const scenario = await startScenario(serviceCidrController);
  try {
    await scenario.cluster.create(serviceCidrs, range('more', '10.9.0.0/24'));
    const ready = (status: string) => () => {
      const found = scenario.find(serviceCidrs, 'more');
      return found?.status?.conditions?.[0]?.status === status && found;
    };
    const made = await scenario.until('ready', ready('True'));
    assert.deepEqual(made.metadata.finalizers, ['networking.k8s.io/service-cidr-finalizer']);
    assert.equal(made.status.conditions[0].message, 'Kubernetes Service CIDR is ready');
    await scenario.cluster.create(ipAddresses, address('10.9.0.7'));
    await scenario.cluster.delete(serviceCidrs, '', 'more');
    const blocked = await scenario.until('blocked', ready('False'));
    assert.equal(blocked.status.conditions[0].reason, 'Terminating');
    assert.ok(blocked.metadata.finalizers?.length);
  } finally {
    await scenario.stop();
  }
});

for (const [title, ranges, addresses, goes] of [
  ['without addresses', [], [], true],
  ['with an address of its own', [], ['10.9.0.7'], false],
  ['with an address that a larger range holds, too', [['10.9.0.0/16']], ['10.9.0.7'], true],
  ['with an address that a smaller range holds, too', [['10.9.0.0/28']], ['10.9.0.7'], true],
  ['with one that the smaller range cannot give out', [['10.9.0.0/28']], ['10.9.0.15'], false],
  ['with addresses of another family', [], ['fd00::7'], true],
  ['beside the same range', [['10.9.0.0/24', 'fd00::/64']], ['10.9.0.7'], true],
] satisfies [string, string[][], string[], boolean][]) {
  test(`a range ${goes ? 'may go' : 'stays'} ${title}`, () => {
    const own = range('own', '10.9.0.0/24');
    const all = [own, ...ranges.map((cidrs, i) => range(`other-${i}`, ...cidrs))];
    assert.equal(canGo(own, all, addresses.map(address)), goes);
  });
}
