import { describe } from 'node:test';
import { refused } from '../refused.ts';
import { pod } from './pod.ts';

describe('a Pod and where it runs', () => {
  refused(
    pod,
    'affinity to nodes',
    {
      containers: [{ name: 'a', image: 'x' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 0,
              preference: {
                matchExpressions: [
                  { key: 'a', operator: 'In' },
                  { key: 'c', operator: 'Exists', values: ['x'] },
                  { key: 'd', operator: 'Near' },
                ],
                matchFields: [{ key: 'x', operator: 'In', values: ['1', '2'] }],
              },
            },
          ],
        },
      },
    },
    [
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
      "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[2].operator: Invalid value: "Near": not a valid selector operator',
      "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchFields[0].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
      'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchFields[0].key: Invalid value: "x": not a valid field selector key',
    ],
  );
  refused(
    pod,
    'affinity to pods',
    {
      containers: [{ name: 'a', image: 'x' }],
      affinity: {
        podAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 101,
              podAffinityTerm: { topologyKey: 'zone', labelSelector: {}, namespaces: ['A_'] },
            },
          ],
        },
      },
    },
    [
      'spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
      "spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.namespace: Invalid value: \"A_\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
  );
  refused(
    pod,
    'tolerations',
    {
      containers: [{ name: 'a', image: 'x' }],
      tolerations: [
        { operator: 'Exists' },
        { key: 'a', operator: 'Exists', value: 'x' },
        { operator: 'Equal' },
        { key: 'a', tolerationSeconds: 1, effect: 'NoSchedule' },
        { key: 'a', effect: 'Never' },
      ],
    },
    [
      'spec.tolerations[1].operator: Invalid value: "x": value must be empty when `operator` is \'Exists\'',
      'spec.tolerations[2].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      'spec.tolerations[3].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
      'spec.tolerations[4].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  );
  refused(
    pod,
    'spread',
    {
      containers: [{ name: 'a', image: 'x' }],
      topologySpreadConstraints: [
        { maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'x', minDomains: 0 },
        {
          maxSkew: 1,
          topologyKey: 'z',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: {},
          nodeTaintsPolicy: 'x',
        },
        { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
      ],
    },
    [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "x": supported values: "DoNotSchedule", "ScheduleAnyway"',
      'spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not x',
      'spec.topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: "{z, ScheduleAnyway}"',
      'spec.topologySpreadConstraints[1].nodeTaintsPolicy: Unsupported value: "x": supported values: "Honor", "Ignore"',
    ],
  );
  refused(
    pod,
    'gates',
    {
      containers: [{ name: 'a', image: 'x' }],
      schedulingGates: [{ name: 'a' }, { name: 'a' }],
      nodeName: 'n',
    },
    [
      'spec.schedulingGates[1]: Duplicate value: "a"',
      'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
    ],
  );
  refused(
    pod,
    'names',
    {
      containers: [{ name: 'a', image: 'x' }],
      priorityClassName: 'A',
      runtimeClassName: 'B',
      schedulerName: 'C',
      hostname: 'a',
      subdomain: 'b',
      setHostnameAsFQDN: true,
    },
    [
      "spec.priorityClassName: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      "spec.runtimeClassName: Invalid value: \"B\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  );
  refused(pod, 'time', { containers: [{ name: 'a', image: 'x' }], activeDeadlineSeconds: 0 }, [
    'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
  ]);
  refused(pod, 'dns', { containers: [{ name: 'a', image: 'x' }], dnsPolicy: 'None' }, [
    'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
  ]);
  refused(
    pod,
    'hosts',
    { containers: [{ name: 'a', image: 'x' }], hostAliases: [{ ip: 'x', hostnames: ['a'] }] },
    [
      'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  );
  refused(
    pod,
    'overhead and systems',
    {
      containers: [{ name: 'a', image: 'x' }],
      overhead: { cpu: '-1' },
      os: { name: 'mac' },
      preemptionPolicy: 'x',
    },
    [
      'spec.preemptionPolicy: Unsupported value: "x": supported values: "PreemptLowerPriority", "Never"',
      'spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      'spec.os: Unsupported value: "mac": supported values: "linux", "windows"',
    ],
  );
  refused(
    pod,
    'the security of all',
    {
      containers: [{ name: 'a', image: 'x' }],
      securityContext: {
        supplementalGroups: [-2],
        sysctls: [{ name: 'a..b' }, { name: 'kernel.x' }, { name: 'kernel.x' }],
        seccompProfile: { type: 'Localhost' },
        fsGroupChangePolicy: 'x',
      },
    },
    [
      'spec.securityContext.supplementalGroups[0]: Invalid value: -2: must be between 0 and 2147483647, inclusive',
      'spec.securityContext.sysctls[0].name: Invalid value: "a..b": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
      'spec.securityContext.sysctls[2].name: Duplicate value: "kernel.x"',
      'spec.securityContext.fsGroupChangePolicy: Unsupported value: "x": supported values: "Always", "OnRootMismatch"',
      'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
    ],
  );
  refused(
    pod,
    'Linux things on Windows',
    {
      containers: [{ name: 'a', image: 'x' }],
      os: { name: 'windows' },
      securityContext: { runAsUser: 1 },
      hostPID: true,
    },
    [
      'spec.hostPID: Forbidden: cannot be set for a windows pod',
      'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod',
    ],
  );
});
