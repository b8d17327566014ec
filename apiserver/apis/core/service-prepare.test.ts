import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { prepareUpdate } from '../validation-fixture.ts';
import { service } from './service.ts';

const address = { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] };

function changed(next: Plain, old: Plain, status: Plain = {}): KubeObject {
  return prepareUpdate(service, { spec: next }, { spec: { ...address, ...old }, status });
}

function nodePorts({ spec }: KubeObject): (number | undefined)[] {
  return spec.ports.map((port: Plain) => port.nodePort);
}

describe('an update of a Service', () => {
  test('keeps a node port by the name of its port, whatever else changes', () => {
    const old = { type: 'NodePort', ports: [{ port: 80, nodePort: 30000 }] };
    const to = (...ports: Plain[]) => nodePorts(changed({ type: 'NodePort', ports }, old));
    assert.deepEqual(to({ port: 81, protocol: 'UDP' }), [30000]);
    assert.deepEqual(to({ port: 80, name: 'a' }), [undefined]);
    assert.deepEqual(to({ port: 80 }, { port: 81, name: 'a', nodePort: 30000 }), [
      undefined,
      30000,
    ]);
  });

  test('keeps node ports that are no longer allocated', () => {
    const ports = [{ port: 80, nodePort: 30000 }];
    const balanced = { type: 'LoadBalancer', ports };
    const next = { ...balanced, allocateLoadBalancerNodePorts: false };
    assert.deepEqual(nodePorts(changed(next, balanced)), [30000]);
    assert.deepEqual(nodePorts(changed({ type: 'ClusterIP', ports }, next)), [undefined]);
  });

  test('drops node ports with the type that has them, if it asks for no other', () => {
    const ports = [
      { name: 'a', port: 80, nodePort: 30000 },
      { name: 'b', port: 81, nodePort: 30001 },
    ];
    const to = (...list: Plain[]) =>
      nodePorts(changed({ type: 'ClusterIP', ports: list }, { type: 'NodePort', ports }));
    assert.deepEqual(to({ name: 'a', port: 80, nodePort: 30000 }), [undefined]);
    assert.deepEqual(to({ name: 'a', port: 80, nodePort: 30002 }), [30002]);
  });

  test('tells of the address that it changes as of a list', () => {
    const { spec } = changed({ clusterIP: '10.0.0.2', ports: [{ port: 80 }] }, {});
    assert.deepEqual(spec.clusterIPs, ['10.0.0.2']);
  });

  test('ends what a load balancer said', () => {
    const ports = [{ port: 80 }];
    const status = { loadBalancer: { ingress: [{ ip: '1.2.3.4', ipMode: 'VIP' }] } };
    const balanced = { type: 'LoadBalancer', ports };
    const statusOf = (next: Plain): unknown => changed(next, balanced, status)['status'];
    assert.deepEqual(statusOf({ type: 'ClusterIP', ports }), { loadBalancer: {} });
    assert.deepEqual(statusOf(balanced), status);
  });
});
