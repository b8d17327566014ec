import type { TitledKind } from '../life-cycle.ts';
import { conditions } from './parts.ts';

/** Kinds of the network. */
export const networkKinds: readonly TitledKind[] = [
  {
    title: 'EndpointSlice should support EndpointSlice API operations',
    group: 'discovery.k8s.io',
    resource: 'endpointslices',
    kind: 'EndpointSlice',
    namespaced: true,
    body: { addressType: 'IPv4', endpoints: [{ addresses: ['1.2.3.4', '5.6.7.8'] }] },
  },
  {
    title: 'Ingress API should support creating Ingress API operations',
    group: 'networking.k8s.io',
    resource: 'ingresses',
    kind: 'Ingress',
    namespaced: true,
    body: {
      spec: {
        defaultBackend: { service: { name: 'defaultbackend', port: { number: 80 } } },
        rules: [
          {
            host: 'rulehost',
            http: {
              paths: [
                {
                  path: '/path',
                  pathType: 'Prefix',
                  backend: { service: { name: 'b', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
    status: {
      patch: { loadBalancer: { ingress: [{ ip: '169.1.1.1' }] } },
      path: 'loadBalancer.ingress.0.ip',
      value: '169.1.1.1',
    },
  },
  {
    title: 'IngressClass API should support creating IngressClass API operations',
    group: 'networking.k8s.io',
    resource: 'ingressclasses',
    kind: 'IngressClass',
    body: { spec: { controller: 'example.com/controller' } },
  },
  {
    title: 'NetworkPolicy API should support creating NetworkPolicy API operations',
    group: 'networking.k8s.io',
    resource: 'networkpolicies',
    kind: 'NetworkPolicy',
    namespaced: true,
    body: {
      spec: {
        podSelector: { matchLabels: { 'pod-name': 'server' } },
        ingress: [{ from: [{ namespaceSelector: {} }] }],
      },
    },
  },
  {
    title: 'ServiceCIDR and IPAddress API should support IPAddress API operations',
    group: 'networking.k8s.io',
    resource: 'ipaddresses',
    kind: 'IPAddress',
    names: ['10.9.8.1', '10.9.8.2', '10.9.8.3'],
    body: { spec: { parentRef: { resource: 'services', name: 'test', namespace: 'default' } } },
  },
  {
    title: 'ServiceCIDR and IPAddress API should support ServiceCIDR API operations',
    group: 'networking.k8s.io',
    resource: 'servicecidrs',
    kind: 'ServiceCIDR',
    body: { spec: { cidrs: ['10.1.0.0/16'] } },
    status: { ...conditions, alone: true },
  },
  {
    title: 'Endpoints should test the lifecycle of an Endpoint',
    group: '',
    resource: 'endpoints',
    kind: 'Endpoints',
    namespaced: true,
    body: {
      subsets: [
        { addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
      ],
    },
  },
  {
    title: 'Services should complete a service status lifecycle',
    group: '',
    resource: 'services',
    kind: 'Service',
    namespaced: true,
    body: { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } },
    status: {
      patch: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } },
      path: 'loadBalancer.ingress.0.ip',
      value: '203.0.113.1',
    },
  },
];
