import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plain } from '../plain.ts';
import { createCauses } from '../validation-fixture.ts';
import { pod } from './pod.ts';

const main = { name: 'a', image: 'x' };

function causes(spec: Plain): string[] {
  return createCauses(pod, { spec: { containers: [main], ...spec } });
}

test('files of the environment', () => {
  const from = (fileKeyRef: Plain) => ({ name: 'A', valueFrom: { fileKeyRef } });
  const env = [
    from({}),
    from({ volumeName: 'v', key: 'A', path: '../b' }),
    from({ volumeName: 'c', key: 'A', path: '/b' }),
    from({ volumeName: 'gone', key: 'A', path: 'b' }),
  ];
  const volumes = [
    { name: 'v', emptyDir: {} },
    { name: 'c', configMap: { name: 'x' } },
  ];
  const path = (i: number) => `spec.containers[0].env[${i}].valueFrom.fileKeyRef`;
  assert.deepEqual(causes({ containers: [{ ...main, env }], volumes }), [
    `${path(0)}.key: Required value`,
    `${path(0)}.volumeName: Required value`,
    `${path(0)}.path: Required value`,
    `${path(1)}.path: Invalid value: "../b": must not contain '..'`,
    `${path(0)}.volumeName: Not found: ""`,
    `${path(2)}.volumeName: Invalid value: "c": referenced volume must be of type emptyDir`,
    `${path(3)}.volumeName: Not found: "gone"`,
  ]);
});

test("the name inside the pod, and what leaves no room for one's own", () => {
  const hostnameOverride = `${'a'.repeat(64)}.`;
  const path = 'spec.hostnameOverride';
  assert.deepEqual(causes({ hostnameOverride: 'a.b' }), []);
  assert.deepEqual(causes({ hostnameOverride, setHostnameAsFQDN: true, hostNetwork: true }), [
    `${path}: Forbidden: may not be specified when setHostnameAsFQDN is true`,
    `${path}: Forbidden: may not be specified when hostNetwork is true`,
    `${path}: Too long: may not be more than 64 bytes`,
    `${path}: Invalid value: "${hostnameOverride}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
  ]);
});

test("the pod's own amounts against those of its containers", () => {
  const pages = { 'hugepages-2Mi': '4Mi', memory: '1Gi' };
  const containers = [
    { ...main, resources: { limits: pages } },
    { ...main, name: 'b', resources: { limits: pages } },
  ];
  const own = { limits: { 'hugepages-2Mi': '6Mi', memory: '2Gi' }, claims: [{ name: 'x' }] };
  assert.deepEqual(causes({ containers, resources: own }), [
    'spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level',
    'spec.resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty',
    'spec.resources.requests[hugepages-2Mi]: Invalid value: "6Mi": must be greater than or equal to aggregate container requests of 8Mi',
    'spec.resources.limits[hugepages-2Mi]: Invalid value: "6Mi": must be greater than or equal to aggregate container limits of 8Mi',
  ]);
  assert.deepEqual(causes({ os: { name: 'windows' }, resources: own }), [
    'spec.resources: Forbidden: may not be set for a windows pod',
  ]);
});

test('users of its own go with no namespace of the node', () => {
  assert.deepEqual(causes({ hostUsers: false, hostPID: true, hostIPC: true }), [
    'spec.HostPID: Forbidden: when `hostUsers` is false',
    'spec.HostIPC: Forbidden: when `hostUsers` is false',
  ]);
});

test('claims name what they claim, and pods of the kubelet have none', () => {
  const resourceClaims = [
    { name: 'a' },
    { name: 'b', resourceClaimName: 'x', resourceClaimTemplateName: 'y' },
  ];
  assert.deepEqual(causes({ resourceClaims }), [
    'spec.resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
    'spec.resourceClaims[1]: Invalid value: {"Name":"b","ResourceClaimName":"x","ResourceClaimTemplateName":"y"}: at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
  ]);
  const metadata = { name: 'p', annotations: { 'kubernetes.io/config.mirror': 'x' } };
  const spec = { containers: [main], nodeName: 'n', resourceClaims };
  assert.deepEqual(createCauses(pod, { metadata, spec }), [
    '[]: Forbidden: static pods do not support resource claims',
    '[]: Forbidden: static pods do not support resource claims',
  ]);
});
