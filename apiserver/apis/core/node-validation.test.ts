import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Plain } from '../plain.ts';
import { validateNode, validateNodeStatus, validateNodeUpdate } from './node-validation.ts';

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
  assert.deepEqual(texts(validateNode(node(spec, { capacity: { cpu: '-1', pods: '1.5' } }))), [
    'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    "metadata.taints[2].value: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    'metadata.taints[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
    'status.capacity.pods: Invalid value: "1.5": must be an integer',
    'spec.podCIDRs[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    'spec.podCIDRs: Invalid value: ["10.0.0.0/24","x","10.0.0.0/24"]: may specify no more than one CIDR for each IP family',
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

test('annotations that scheduling looked at once', () => {
  const annotated = (name: string, text: string): string[] => {
    const annotations = { [`scheduler.alpha.kubernetes.io/${name}`]: text };
    return texts(validateNode({ ...node({}), metadata: { name: 'n', annotations } }));
  };
  const taints = 'metadata.annotations.scheduler.alpha.kubernetes.io/taints';
  const avoid = 'metadata.annotations.scheduler.alpha.kubernetes.io/preferAvoidPods';
  const table: [string, string, string[]][] = [
    ['taints', '[{"Key":"a","effect":"NoSchedule"}]', []],
    ['taints', '[{"key":"a"}]', [`${taints}[0].effect: Required value`]],
    [
      'taints',
      '{}',
      [
        'metadata.annotations: Invalid value: "scheduler.alpha.kubernetes.io/taints": json: cannot unmarshal object into Go value of type []core.Taint',
      ],
    ],
    [
      'taints',
      'x',
      [
        'metadata.annotations: Invalid value: "scheduler.alpha.kubernetes.io/taints": invalid character \'x\' looking for beginning of value',
      ],
    ],
    [
      'preferAvoidPods',
      '[]',
      [
        'metadata.annotations.AvoidPods: Invalid value: "scheduler.alpha.kubernetes.io/preferAvoidPods": json: cannot unmarshal array into Go value of type v1.AvoidPods',
      ],
    ],
    [
      'preferAvoidPods',
      '{"preferAvoidPods":[{},{"podSignature":{"podController":{"controller":false}}}]}',
      [
        `${avoid}[0].PodSignature: Required value`,
        `${avoid}[1].PodSignature.PodController.Controller: Invalid value: false: must point to a controller`,
      ],
    ],
  ];
  for (const [name, text, expected] of table) {
    assert.deepEqual(annotated(name, text), expected, text);
  }
});

test('what a kubelet says it can do', () => {
  const declaredFeatures = ['B/c', 'a', 'A', 'A'];
  const status = { declaredFeatures, nodeInfo: { swap: { capacity: 0 } } };
  const features = [
    'status.declaredFeatures[1]: Invalid value: "a": invalid feature name "a": must start with an UpperCamelCase segment, with subsequent segments separated by \'/\' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes',
    'status.declaredFeatures[2]: Invalid value: "A": list must be sorted alphabetically',
    'status.declaredFeatures[3]: Duplicate value: "A"',
  ];
  assert.deepEqual(texts(validateNode(node({}, status))), [
    'metadata.nodeSwapStatus.capacity: Invalid value: 0: must be greater than zero',
    ...features,
  ]);
  assert.deepEqual(texts(validateNodeStatus(node({}, status), node({}))), features);
});

test('a stored source of configuration is still checked', () => {
  const configMap = { namespace: 'A', uid: 'u', resourceVersion: '1' };
  const next = node(
    { configSource: { configMap } },
    { config: { assigned: {}, active: { configMap: { name: 'a', namespace: 'b' } } } },
  );
  assert.deepEqual(texts(validateNodeUpdate(next, next)), [
    'spec.configSource.configMap.uid: Forbidden: uid must not be set in spec',
    'spec.configSource.configMap.resourceVersion: Forbidden: resourceVersion must not be set in spec',
    "spec.configSource.configMap.namespace: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    'spec.configSource.configMap.name: Required value',
    'spec.configSource.configMap.kubeletConfigKey: Required value',
    'status.config.assigned: Invalid value: {"ConfigMap":null}: exactly one reference subfield must be non-nil',
    'status.config.active.configMap.uid: Required value',
    'status.config.active.configMap.resourceVersion: Required value',
    'status.config.active.configMap.kubeletConfigKey: Required value',
  ]);
});

test('a report does not judge the pod CIDRs that the Node has', () => {
  const old = node({ podCIDRs: ['10.0.0.1/24'] });
  assert.deepEqual(texts(validateNodeStatus(old, old)), []);
  assert.deepEqual(texts(validateNode(old)), [
    'spec.podCIDRs[0]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length',
  ]);
});
