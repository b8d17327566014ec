import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deepCopy } from '../../../object/copy.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { pullPolicyOf } from './image.ts';
import { pod } from './pod.ts';

const info = { user: { name: 'me', groups: [] }, now: new Date(0), dryRun: false };

function created(spec: Plain = {}): KubeObject {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
    spec: { containers: [{ name: 'main', image: 'nginx' }], ...spec },
  };
  pod.default?.(object);
  pod.prepareForCreate?.(object, info);
  return object;
}

function messages(object: KubeObject): string[] {
  return (pod.validate?.(object) ?? []).map((cause) => `${cause.field}: ${cause.message}`);
}

function cell(name: string, object: KubeObject) {
  return pod.columns?.find((column) => column.name === name)?.cell(object);
}

describe('pod defaults', () => {
  test('a minimal pod gets what upstream fills in', () => {
    const { spec, status } = created();
    assert.deepEqual(spec, {
      containers: [
        {
          name: 'main',
          image: 'nginx',
          imagePullPolicy: 'Always',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    });
    assert.deepEqual(status, { phase: 'Pending', qosClass: 'BestEffort' });
  });

  test('requests follow limits, ports and probes are completed', () => {
    const { spec, status } = created({
      containers: [
        {
          name: 'main',
          image: 'nginx:1.27',
          resources: { limits: { cpu: '1', memory: '1Gi' } },
          ports: [{ containerPort: 80 }],
          readinessProbe: { httpGet: { port: 80 } },
        },
      ],
    });
    const [main] = spec.containers;
    assert.deepEqual(main.resources.requests, { cpu: '1', memory: '1Gi' });
    assert.equal(main.ports[0].protocol, 'TCP');
    assert.deepEqual(main.readinessProbe, {
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    assert.equal(status.qosClass, 'Guaranteed');
  });

  test('volumes without a source are emptyDirs, modes and paths are filled in', () => {
    const { spec } = created({
      volumes: [{ name: 'a' }, { name: 'b', secret: { secretName: 's' } }],
    });
    assert.deepEqual(spec.volumes, [
      { name: 'a', emptyDir: {} },
      { name: 'b', secret: { secretName: 's', defaultMode: 420 } },
    ]);
  });

  test('the pull policy follows the tag', () => {
    const table: [string, string][] = [
      ['nginx', 'Always'],
      ['nginx:latest', 'Always'],
      ['registry:5000/a/b', 'Always'],
      ['registry:5000/a/b:v1', 'IfNotPresent'],
      [`nginx@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
      ['Not An Image', 'IfNotPresent'],
    ];
    for (const [image, policy] of table) assert.equal(pullPolicyOf(image), policy, image);
  });

  test('label keys of affinity become part of the selector', () => {
    const { spec } = created({
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: {},
          matchLabelKeys: ['app', 'absent'],
        },
      ],
    });
    assert.deepEqual(spec.topologySpreadConstraints[0].labelSelector.matchExpressions, [
      { key: 'app', operator: 'In', values: ['web'] },
    ]);
  });
});

describe('pod validation', () => {
  test('a defaulted pod is valid', () => assert.deepEqual(messages(created()), []));

  test('mistakes are named in upstream words', () => {
    const table: [Plain, string][] = [
      [{ containers: [] }, 'spec.containers: Required value'],
      [{ containers: [{ name: 'a' }] }, 'spec.containers[0].image: Required value'],
      [
        {
          containers: [
            { name: 'a', image: 'x', resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } },
          ],
        },
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      ],
      [
        { containers: [{ name: 'a', image: 'x', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] },
        'spec.containers[0].volumeMounts[0].name: Not found: "v"',
      ],
      [
        { containers: [{ name: 'a', image: 'x', env: [{ name: 'A=B' }] }] },
        'spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
      ],
      [
        { tolerations: [{ key: 'a', operator: 'Near' }] },
        'spec.tolerations[0].operator: Unsupported value: "Near": supported values: "Equal", "Exists"',
      ],
      [
        { restartPolicy: 'Sometimes' },
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
      ],
    ];
    for (const [spec, message] of table) assert.deepEqual(messages(created(spec)), [message]);
  });

  test('only a few fields of a spec may change, and the change is shown', () => {
    const old = created();
    const next = deepCopy(old);
    next.spec.containers[0].image = 'nginx:2';
    next.spec.tolerations = [{ key: 'a', operator: 'Exists' }];
    assert.deepEqual(pod.validateUpdate?.(next, old), []);
    next.spec.hostNetwork = true;
    const [cause] = pod.validateUpdate?.(next, old) ?? [];
    assert.equal(cause?.field, 'spec');
    assert.match(
      cause?.message ?? '',
      /^Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`,/,
    );
    assert.match(
      cause?.message ?? '',
      /\n- {2}"HostNetwork": false,\n\+ {2}"HostNetwork": true,\n/,
    );
  });

  test('a finished container stays finished', () => {
    const old = created({ restartPolicy: 'Never' });
    old.status.containerStatuses = [{ name: 'main', state: { terminated: { exitCode: 0 } } }];
    const next = deepCopy(old);
    next.status.containerStatuses[0].state = { running: {} };
    assert.ok(typeof pod.status === 'object');
    const [cause] = pod.status.validateUpdate?.(next, old) ?? [];
    assert.equal(cause?.message, 'Forbidden: may not be transitioned to non-terminated state');
  });
});

describe('pod columns and deletion', () => {
  const running = { name: 'main', ready: true, restartCount: 0, state: { running: {} } };

  test('status and readiness as kubectl shows them', () => {
    const table: [Plain, string, string][] = [
      [{ phase: 'Pending' }, 'Pending', '0/1'],
      [{ phase: 'Running', containerStatuses: [running] }, 'Running', '1/1'],
      [
        {
          phase: 'Pending',
          containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ErrImagePull' } } }],
        },
        'ErrImagePull',
        '0/1',
      ],
      [
        {
          phase: 'Failed',
          containerStatuses: [{ name: 'main', state: { terminated: { exitCode: 3 } } }],
        },
        'ExitCode:3',
        '0/1',
      ],
      [
        { phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] },
        'SchedulingGated',
        '0/1',
      ],
    ];
    for (const [status, text, ready] of table) {
      const object = { ...created(), status };
      assert.deepEqual([cell('Status', object), cell('Ready', object)], [text, ready]);
    }
  });

  test('init containers and sidecars', () => {
    const object = created({
      initContainers: [
        { name: 'side', image: 'x', restartPolicy: 'Always' },
        { name: 'first', image: 'x' },
      ],
    });
    object.status.initContainerStatuses = [
      { name: 'side', started: true, ready: true, restartCount: 2, state: { running: {} } },
      { name: 'first', restartCount: 0, state: { running: {} } },
    ];
    assert.deepEqual([cell('Status', object), cell('Ready', object)], ['Init:1/2', '1/2']);
  });

  test('a pod being deleted shows it until it ends', () => {
    const object = created();
    object.metadata.deletionTimestamp = '2024-01-01T00:00:00Z';
    assert.equal(cell('Status', object), 'Terminating');
    object.status = { phase: 'Succeeded' };
    assert.equal(cell('Status', object), 'Succeeded');
  });

  test('only a pod on a node that still runs gets time to stop', () => {
    const grace = (spec: Plain, status: Plain, asked?: number) =>
      pod.gracePeriodSeconds?.({ ...created(spec), status }, asked);
    assert.equal(grace({}, {}), 0);
    assert.equal(grace({ nodeName: 'n' }, { phase: 'Running' }), 30);
    assert.equal(grace({ nodeName: 'n' }, { phase: 'Running' }, 5), 5);
    assert.equal(grace({ nodeName: 'n' }, { phase: 'Succeeded' }), 0);
    assert.equal(grace({ nodeName: 'n' }, { phase: 'Running' }, -1), 1);
  });
});
