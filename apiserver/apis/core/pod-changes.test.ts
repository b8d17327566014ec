import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { causeTexts, newObject } from '../refused.ts';
import { ephemeralContainers } from './pod-ephemeral-containers.ts';
import { pod } from './pod.ts';

const info = { user: { name: 'me', groups: [] }, now: new Date(0), dryRun: false };
const main = { name: 'a', image: 'x' };

function made(spec: Plain = {}, metadata: Plain = {}): KubeObject {
  return newObject(pod, { containers: [main], ...spec }, metadata);
}

function changed(old: KubeObject, change: (pod: KubeObject) => void): KubeObject {
  const next = structuredClone(old);
  change(next);
  return next;
}

const list =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

describe('a Pod changes', () => {
  const table: [string, Plain, (pod: KubeObject) => void, string[]][] = [
    [
      'its image and more tolerations',
      {},
      ({ spec }) => {
        spec.containers[0].image = 'y';
        spec.tolerations = [{ key: 'a', operator: 'Exists' }];
        spec.activeDeadlineSeconds = 9;
      },
      [],
    ],
    [
      'nothing else',
      {},
      ({ spec }) => (spec.containers[0].command = ['x']),
      [
        `spec: Forbidden: ${list}
@@ -5,7 +5,9 @@
   {
    "Name": "a",
    "Image": "x",
-   "Command": null,
+   "Command": [
+    "x"
+   ],
    "Args": null,
    "WorkingDir": "",
    "Ports": null,
`,
      ],
    ],
    [
      'not fewer tolerations',
      { tolerations: [{ key: 'a', operator: 'Exists' }] },
      ({ spec }) => (spec.tolerations = []),
      [
        'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
      ],
    ],
    [
      'not to a later deadline',
      { activeDeadlineSeconds: 5 },
      ({ spec }) => (spec.activeDeadlineSeconds = 6),
      [
        'spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value',
      ],
    ],
    [
      'not its containers',
      {},
      ({ spec }) => spec.containers.push({ ...main, name: 'b' }),
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
    [
      'gates go and do not come',
      { schedulingGates: [{ name: 'a' }] },
      ({ spec }) => (spec.schedulingGates = [{ name: 'b' }]),
      [
        "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'",
      ],
    ],
    [
      'not where it may go, to anywhere, while it is gated',
      {
        schedulingGates: [{ name: 'a' }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }],
            },
          },
        },
      },
      ({ spec }) => delete spec.affinity,
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Invalid value: null: no additions/deletions to non-empty NodeSelectorTerms list are allowed',
      ],
    ],
    [
      'with what is wrong in tolerations and annotations told of once more',
      {},
      ({ metadata, spec }) => {
        metadata.annotations = { 'controller.kubernetes.io/pod-deletion-cost': 'x' };
        spec.tolerations = [{ key: 'a', operator: 'Near' }];
      },
      [
        'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "x": must be a 32bit integer',
        'spec.tolerations[0].operator: Unsupported value: "Near": supported values: "Equal", "Exists"',
      ],
    ],
  ];
  for (const [name, spec, change, expected] of table) {
    test(name, () => {
      const old = made(spec);
      assert.deepEqual(causeTexts(pod.validateUpdate?.(changed(old, change), old)), expected);
    });
  }
});

test('containers to debug with come and stay', () => {
  const debug = {
    name: 'debug',
    image: 'busybox',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'Always',
  };
  const old = made();
  const next = changed(old, ({ spec }) => (spec.ephemeralContainers = [debug]));
  ephemeralContainers.prepare?.(next, old, info);
  assert.deepEqual(causeTexts(ephemeralContainers.validate?.(next, old)), []);
  assert.deepEqual(causeTexts(ephemeralContainers.validate?.(old, next)), [
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
  ]);
  const ports = changed(old, ({ spec }) => {
    spec.ephemeralContainers = [{ ...debug, ports: [{ containerPort: 80, protocol: 'TCP' }] }];
  });
  assert.deepEqual(causeTexts(ephemeralContainers.validate?.(ports, old)), [
    'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
  ]);
});

test('a new Pod is warned of', () => {
  const spec = {
    containers: [
      {
        ...main,
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
        ports: [{ containerPort: 80 }, { containerPort: 80 }],
        resources: { limits: { memory: '100m' } },
      },
    ],
    nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
    hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }],
    imagePullSecrets: [{ name: '' }],
    volumes: [
      { name: 'v', gitRepo: { repository: 'x' } },
      {
        name: 'c',
        configMap: {
          name: 'n',
          items: [
            { key: 'a', path: 'p' },
            { key: 'b', path: 'p/q' },
          ],
        },
      },
    ],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' },
    ],
    terminationGracePeriodSeconds: -1,
    dnsConfig: { nameservers: ['1.1.1.1', 'FD00::1'] },
  };
  const annotations = { 'scheduler.alpha.kubernetes.io/critical-pod': '' };
  assert.deepEqual(pod.warnings?.(made(spec, { name: 'a.b', annotations }), undefined), [
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
    'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
    'spec.volumes[0].gitRepo: deprecated in v1.11',
    'volume "c" (ConfigMap "n"): overlapping paths: "p/q" with "p"',
    'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
    'spec.imagePullSecrets[0].name: invalid empty name ""',
    'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
    'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
    'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
    'spec.dnsConfig.nameservers[1]: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")',
  ]);
});
