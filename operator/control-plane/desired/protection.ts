import type { JsonObject, KubeObject } from '../../../object/object.ts';
import { type Component, type Names, ports, selectorOf } from '../names.ts';
import type { Picture } from '../picture.ts';
import { child, childMetadata } from './metadata.ts';

/** What keeps pods from being evicted together, and strangers from reaching etcd. */

function budget(picture: Picture, name: string, component: Component): KubeObject {
  const { controlPlane, names } = picture;
  return child('podDisruptionBudget', childMetadata(controlPlane, names, name, component), {
    spec: {
      // One etcd member of three, five or seven never costs the quorum.
      maxUnavailable: 1,
      selector: { matchLabels: selectorOf(names, component) },
      // A pod that does not work protects nothing; for etcd it may hold the only good copy.
      unhealthyPodEvictionPolicy: component === 'etcd' ? 'IfHealthyBudget' : 'AlwaysAllow',
    },
  });
}

function tcp(...numbers: number[]): JsonObject[] {
  return numbers.map((port) => ({ port, protocol: 'TCP' }));
}

function ingressRules(names: Names, component: Component): JsonObject[] {
  const pods = (of: Component): JsonObject => ({
    podSelector: { matchLabels: selectorOf(names, of) },
  });
  const operator: JsonObject = {
    namespaceSelector: {},
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'quorate-operator' } },
  };
  switch (component) {
    case 'etcd':
      return [
        { from: [pods('api-server'), operator], ports: tcp(ports.etcdClient) },
        { from: [pods('etcd')], ports: tcp(ports.etcdPeer, ports.etcdClient) },
      ];
    case 'api-server':
      return [{ ports: tcp(ports.apiServer) }];
    case 'controller-manager':
      return [];
  }
}

function policy(picture: Picture, name: string, component: Component): KubeObject {
  const { controlPlane, names } = picture;
  return child('networkPolicy', childMetadata(controlPlane, names, name, component), {
    spec: {
      podSelector: { matchLabels: selectorOf(names, component) },
      policyTypes: ['Ingress'],
      ingress: ingressRules(names, component),
    },
  });
}

export function desiredProtection(picture: Picture): KubeObject[] {
  const { names } = picture;
  const parts: [string, Component][] = [
    [names.etcd, 'etcd'],
    [names.apiServer, 'api-server'],
    [names.controllers, 'controller-manager'],
  ];
  return parts.flatMap(([name, component]) => [
    budget(picture, name, component),
    policy(picture, name, component),
  ]);
}
