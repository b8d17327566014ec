import { describe } from 'node:test';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import { refused } from '../refused.ts';
import { pod } from './pod.ts';

describe('a Pod and its containers', () => {
  refused(
    pod,
    'variables',
    {
      containers: [
        {
          name: 'a',
          image: 'x',
          env: [
            { name: '' },
            { name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'B', valueFrom: {} },
            { name: 'C', valueFrom: { fieldRef: { fieldPath: 'spec.foo' } } },
            { name: 'D', valueFrom: { resourceFieldRef: { resource: 'limits.gpu' } } },
          ],
        },
      ],
    },
    [
      'spec.containers[0].env[0].name: Required value',
      'spec.containers[0].env[1].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      'spec.containers[0].env[2].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      'spec.containers[0].env[3].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo',
      'spec.containers[0].env[4].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
    ],
  );
  refused(
    pod,
    'variables of others',
    {
      containers: [
        {
          name: 'a',
          image: 'x',
          envFrom: [
            { prefix: '1=', secretRef: { name: 's' } },
            {},
            { secretRef: { name: 's' }, configMapRef: { name: 'c' } },
            { secretRef: { name: '-' } },
            { secretRef: { name: 's-' } },
          ],
        },
      ],
    },
    [
      'spec.containers[0].envFrom[0].prefix: Invalid value: "1=": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
      'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
      'spec.containers[0].envFrom: Invalid value: "": may not have more than one field specified at a time',
      `spec.containers[0].envFrom[3].secretRef.name: Invalid value: "-": ${dns1123SubdomainErrors('-')[0]}`,
    ],
  );
  refused(
    pod,
    'ports',
    {
      containers: [
        {
          name: 'a',
          image: 'x',
          ports: [
            { containerPort: 0 },
            { containerPort: 70000 },
            { containerPort: 80, hostPort: 80, name: 'a' },
            { containerPort: 81, hostPort: 80, name: 'a', protocol: 'X' },
          ],
        },
      ],
    },
    [
      'spec.containers[0].ports[0].containerPort: Required value',
      'spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      'spec.containers[0].ports[3].name: Duplicate value: "a"',
      'spec.containers[0].ports[3].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    ],
  );
  refused(
    pod,
    'probes',
    {
      containers: [
        {
          name: 'a',
          image: 'x',
          livenessProbe: {
            httpGet: { port: 'A' },
            exec: {},
            successThreshold: 2,
            periodSeconds: -1,
          },
          readinessProbe: { terminationGracePeriodSeconds: 1, tcpSocket: { port: 0 } },
        },
      ],
    },
    [
      'spec.containers[0].livenessProbe.exec.command: Required value',
      'spec.containers[0].livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type',
      'spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
      'spec.containers[0].readinessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes',
    ],
  );
  refused(
    pod,
    'hooks',
    {
      containers: [
        {
          name: 'a',
          image: 'x',
          lifecycle: { preStop: { sleep: { seconds: 40 } }, postStart: {} },
        },
      ],
    },
    [
      'spec.containers[0].lifecycle.postStart: Required value: must specify a handler type',
      'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 40: must be non-negative and less than terminationGracePeriodSeconds (30)',
    ],
  );
  refused(
    pod,
    'privileges',
    {
      containers: [
        {
          name: 'a',
          image: 'x',
          securityContext: { privileged: true, allowPrivilegeEscalation: false, runAsUser: -1 },
        },
      ],
    },
    [
      'spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false,"runAsUser":-1}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ],
  );
  refused(
    pod,
    'amounts',
    {
      containers: [
        {
          name: 'a',
          image: 'x',
          resources: {
            limits: { foo: '1', 'hugepages-2Mi': '3Mi' },
            requests: { 'a.b/d': '1.5', cpu: '-1' },
            claims: [{ name: 'x' }],
          },
        },
      ],
    },
    [
      'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
      'spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
      'spec.containers[0].resources.requests[a.b/d]: Invalid value: "1.5": must be an integer',
      'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
      'spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers',
      'spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
      'spec.containers[0].resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty',
    ],
  );
  refused(
    pod,
    'amounts of pieces are whole, and as many are asked for as may be used',
    {
      containers: [
        {
          name: 'a',
          image: 'x',
          resources: { limits: { 'a.b/c': '1.5' }, requests: { 'a.b/c': '1' } },
        },
      ],
    },
    [
      'spec.containers[0].resources.limits[a.b/c]: Invalid value: "1.5": must be an integer',
      'spec.containers[0].resources.requests: Invalid value: "1": must be equal to a.b/c limit of 1.5',
    ],
  );
  refused(
    pod,
    'resizing',
    {
      containers: [
        { name: 'a', image: 'x', resizePolicy: [{ resourceName: 'gpu', restartPolicy: 'x' }] },
      ],
    },
    [
      'spec.containers[0].resizePolicy: Unsupported value: "gpu": supported values: "cpu", "memory"',
      'spec.containers[0].resizePolicy: Unsupported value: "x": supported values: "NotRequired", "RestartContainer"',
    ],
  );
  refused(
    pod,
    'init containers',
    {
      containers: [{ name: 'a', image: 'x' }],
      initContainers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x', livenessProbe: { exec: { command: ['x'] } } },
      ],
    },
    [
      'spec.initContainers[0].name: Duplicate value: "a"',
      'spec.initContainers[1].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  );
  refused(
    pod,
    'debugging comes later',
    { containers: [{ name: 'a', image: 'x' }], ephemeralContainers: [{ name: 'e', image: 'x' }] },
    ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
  );
  refused(pod, 'images have no space around them', { containers: [{ name: 'a', image: ' x' }] }, [
    'spec.containers[0].image: Invalid value: " x": must not have leading or trailing whitespace',
  ]);
});
