import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Plain } from '../plain.ts';
import { createCauses, updateCauses } from '../validation-fixture.ts';
import { pod } from './pod.ts';
import { podTemplate } from './pod-template.ts';
import { replicationController } from './replication-controller.ts';

/** Each spec is refused when it is new, and stays where it is stored. */

const main = { name: 'a', image: 'x' };
const wrong = { matchExpressions: [{ key: 'a', operator: 'In', values: ['-'] }] };
const badValue =
  "Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const spread = { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'ScheduleAnyway' };
const hard = 'requiredDuringSchedulingIgnoredDuringExecution';

const table: [string, Plain, string[]][] = [
  [
    'parts of huge pages',
    {
      containers: [{ ...main, resources: { limits: { memory: '1Gi', 'hugepages-2Mi': '3Mi' } } }],
    },
    [
      'spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
      'spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
    ],
  ],
  [
    'values of affinity that no pod has',
    { affinity: { podAffinity: { [hard]: [{ topologyKey: 'z', labelSelector: wrong }] } } },
    [
      `spec.affinity.podAffinity.${hard}[0].labelSelector.matchExpressions[0].values[0]: ${badValue}`,
    ],
  ],
  [
    'values of affinity that no node has',
    { affinity: { nodeAffinity: { [hard]: { nodeSelectorTerms: [wrong] } } } },
    [
      `spec.affinity.nodeAffinity.${hard}.nodeSelectorTerms[0].matchExpressions[0].values[0]: ${badValue}`,
    ],
  ],
  [
    'selectors of spreading',
    { topologySpreadConstraints: [{ ...spread, labelSelector: wrong }] },
    [`spec.topologySpreadConstraints[0].labelSelector.matchExpressions[0].values[0]: ${badValue}`],
  ],
  [
    'a path for a token',
    {
      serviceAccountName: 'x',
      volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: '..a' } }] } }],
    },
    ['spec.volumes[0].projected.path: Invalid value: "..a": must not start with \'..\''],
  ],
  [
    'parameters of the node',
    { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.a', value: '1' }] } },
    [
      'spec.securityContext.sysctls[0].name: Invalid value: "net.a": may not be specified when \'hostNetwork\' is true',
    ],
  ],
  [
    "the node's network with users of its own",
    { hostNetwork: true, hostUsers: false },
    ['spec.hostNetwork: Forbidden: when `hostUsers` is false'],
  ],
  [
    'a policy for SELinux',
    { securityContext: { seLinuxChangePolicy: 'MountOption' } },
    [
      'spec.securityContext.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: "Recursive"',
    ],
  ],
  [
    'tolerations by number',
    { tolerations: [{ key: 'a', operator: 'Gt', value: '1' }] },
    [
      'spec.tolerations[0].operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"',
    ],
  ],
  [
    'init containers that a resize would restart',
    {
      initContainers: [
        {
          ...main,
          name: 'i',
          resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
        },
      ],
    },
    [
      'spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": must not be set to \'RestartContainer\' for non-sidecar initContainers',
    ],
  ],
];

describe('a stored Pod keeps', () => {
  for (const [name, spec, refused] of table) {
    test(name, () => {
      const old = { spec: { containers: [main], ...spec } };
      assert.deepEqual(createCauses(pod, old), refused);
      const labelled = { ...old, metadata: { name: 'x', labels: { a: 'b' } } };
      assert.deepEqual(updateCauses(pod, labelled, old), []);
    });
  }

  test('devices with users of its own', () => {
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
    const volumeDevices = [{ name: 'v', devicePath: '/dev/x' }];
    const containers = [{ ...main, volumeDevices }];
    const old = { spec: { containers, volumes, hostUsers: false } };
    assert.deepEqual(createCauses(pod, old), [
      'spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false',
    ]);
    const labelled = { ...old, metadata: { name: 'x', labels: { a: 'b' } } };
    assert.deepEqual(updateCauses(pod, labelled, old), []);
  });

  test('a cost of deletion that is no number', () => {
    const annotations = { 'controller.kubernetes.io/pod-deletion-cost': '01' };
    const old = { metadata: { name: 'x', annotations }, spec: { containers: [main] } };
    assert.deepEqual(createCauses(pod, old), [
      'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "01": must be a 32bit integer',
    ]);
    const labelled = { ...old, metadata: { ...old.metadata, labels: { a: 'b' } } };
    assert.deepEqual(updateCauses(pod, labelled, old), []);
  });

  test('keys of spreading by the rules of before they were merged', () => {
    const twice = {
      ...spread,
      matchLabelKeys: ['a'],
      labelSelector: {
        matchLabels: { a: 'b' },
        matchExpressions: [{ key: 'a', operator: 'Exists' }],
      },
    };
    const spec = { containers: [main], topologySpreadConstraints: [twice] };
    assert.deepEqual(createCauses(pod, { spec }), [
      'spec.topologySpreadConstraints[0][0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector',
    ]);
    const next = { spec, metadata: { name: 'x', labels: { a: 'b' } } };
    assert.deepEqual(updateCauses(pod, next, { spec }), [
      'spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector',
    ]);
  });
});

test('a template keeps what it has, and gets no more of another kind', () => {
  const tolerations = [{ key: 'a', operator: 'Gt', value: '1' }];
  const template = (spec: Plain) => ({
    metadata: { labels: { a: 'b' } },
    spec: { containers: [main], ...spec },
  });
  const old = { template: template({ tolerations }) };
  const sysctls = [{ name: 'net.a', value: '1' }];
  const more = template({ tolerations, hostNetwork: true, securityContext: { sysctls } });
  const refused = (path: string): string[] => [
    `${path}.spec.securityContext.sysctls[0].name: Invalid value: "net.a": may not be specified when 'hostNetwork' is true`,
  ];
  const other = template({
    tolerations: [...tolerations, { key: 'b', operator: 'Lt', value: '2' }],
  });
  assert.deepEqual(updateCauses(podTemplate, { template: other }, old), []);
  assert.deepEqual(updateCauses(podTemplate, { template: more }, old), refused('template'));
  const controller = (one: Plain) => ({ spec: { selector: { a: 'b' }, template: one } });
  assert.deepEqual(
    updateCauses(replicationController, controller(other), controller(old.template)),
    [],
  );
  assert.deepEqual(
    updateCauses(replicationController, controller(more), controller(old.template)),
    refused('spec.template'),
  );
});

test('numbers in tolerations', () => {
  const causes = (value: string): string[] => {
    const spec = (...tolerations: Plain[]) => ({ spec: { containers: [main], tolerations } });
    const old = { key: 'a', operator: 'Lt', value: '1' };
    return updateCauses(pod, spec(old, { key: 'b', operator: 'Gt', value }), spec(old));
  };
  const path = 'spec.tolerations[1].value: Invalid value';
  const form = 'must be a valid decimal integer in canonical form';
  assert.deepEqual(causes('-7'), []);
  // by the rules of any pod, and by those of a change
  const twice = (...lines: string[]): string[] => [...lines, ...lines];
  assert.deepEqual(causes('07'), twice(`${path}: "07": ${form}`));
  assert.deepEqual(
    causes('x'),
    twice(`${path}: "x": ${form}`, `${path}: "x": strconv.ParseInt: parsing "x": invalid syntax`),
  );
  assert.deepEqual(
    causes('9223372036854775808'),
    twice(
      `${path}: "9223372036854775808": strconv.ParseInt: parsing "9223372036854775808": value out of range`,
    ),
  );
});

test('tolerations in the annotation that came before the field', () => {
  const causes = (text: string): string[] => {
    const annotations = { 'scheduler.alpha.kubernetes.io/tolerations': text };
    return createCauses(pod, {
      metadata: { name: 'x', annotations },
      spec: { containers: [main] },
    });
  };
  const path = 'metadata.annotations.scheduler.alpha.kubernetes.io/tolerations';
  assert.deepEqual(causes('[{"Key":"a","Operator":"Exists"}]'), []);
  assert.deepEqual(causes('[{"key":"a","effect":"x"}]'), [
    `${path}[0].effect: Unsupported value: "x": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`,
  ]);
  assert.deepEqual(causes('{'), [
    'metadata.annotations: Invalid value: "scheduler.alpha.kubernetes.io/tolerations": unexpected end of JSON input',
  ]);
});
