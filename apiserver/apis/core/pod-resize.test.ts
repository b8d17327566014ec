import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { causeTexts, newObject } from '../refused.ts';
import { pod } from './pod.ts';
import { resize } from './pod-resize.ts';

const info = { user: { name: 'me', groups: [] }, now: new Date(0), dryRun: false };
const own = { requests: { cpu: '1', memory: '1Gi' } };
const main = { name: 'a', image: 'x', resources: own };

function made(spec: Plain = {}, metadata: Plain = {}): KubeObject {
  return newObject(pod, { containers: [main], ...spec }, metadata);
}

/** What refuses the change, after what a resize does not change is taken back. */
function causes(old: KubeObject, change: (spec: Plain) => void): string[] {
  const next = structuredClone(old);
  change(next.spec);
  resize.prepare(next, old, info);
  return causeTexts(resize.validate?.(next, old));
}

describe('a container is resized', () => {
  const table: [Plain, string[]][] = [
    [{ requests: { cpu: '2', memory: '1Gi' } }, []],
    [
      { requests: { cpu: '1' } },
      ['spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed'],
    ],
    [
      {},
      [
        'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
        'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
      ],
    ],
    [
      { ...own, limits: { 'a.b/c': '1' } },
      ['spec: Forbidden: only cpu and memory resources are mutable'],
    ],
  ];
  for (const [resources, expected] of table) {
    test(JSON.stringify(resources), () => {
      const change = (spec: Plain): void => {
        spec.containers[0].resources = resources;
        spec.containers[0].image = 'dropped';
      };
      assert.deepEqual(causes(made(), change), expected);
    });
  }

  test('its resize policy stays', () => {
    const policy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
    const change = (spec: Plain): void => {
      spec.containers[0].resizePolicy = policy;
    };
    assert.deepEqual(causes(made(), change), [
      'spec: Forbidden: only cpu and memory resources are mutable',
    ]);
  });
});

describe('a pod is resized', () => {
  const init = { name: 'i', image: 'x', resources: own };
  const table: [string, Plain, (spec: Plain) => void, string[]][] = [
    [
      'not with another container',
      {},
      (spec) =>
        spec.containers.push({
          ...main,
          name: 'b',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'Always',
        }),
      ['spec.containers: Forbidden: containers may not be added or removed on resize'],
    ],
    [
      'not with containers of other names',
      { initContainers: [init] },
      (spec) => {
        spec.containers[0].name = 'b';
        spec.initContainers[0].name = 'j';
      },
      [
        'spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize',
        'spec.initContainers[0].name: Forbidden: initContainers may not be renamed or reordered on resize',
      ],
    ],
    [
      'with its init containers',
      { initContainers: [init] },
      (spec) => (spec.initContainers[0].resources = { requests: { cpu: '2', memory: '1Gi' } }),
      [],
    ],
    [
      'and they keep the rest',
      { initContainers: [init] },
      (spec) => (spec.initContainers[0].resources = { ...own, limits: { 'a.b/c': '1' } }),
      [
        'spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable',
      ],
    ],
    [
      'as a whole',
      { resources: { requests: { cpu: '2', memory: '2Gi' } } },
      (spec) => (spec.resources = { requests: { cpu: '3', memory: '2Gi' } }),
      [],
    ],
    [
      'and asks for no less as a whole',
      { resources: { requests: { cpu: '2', memory: '2Gi' } } },
      (spec) => (spec.resources = { requests: { cpu: '3' } }),
      ['spec.resources.requests: Forbidden: pod-level resource requests cannot be removed'],
    ],
    [
      'nor for nothing',
      { resources: { requests: { cpu: '2', memory: '2Gi' } } },
      (spec) => delete spec.resources,
      ['spec.resources: Forbidden: pod-level resources cannot be removed'],
    ],
    [
      'for nothing but cpu and memory',
      { resources: { requests: { cpu: '2', memory: '2Gi' } } },
      (spec) => (spec.resources.limits = { 'hugepages-2Mi': '2Mi' }),
      ['spec: Forbidden: only cpu and memory resources are mutable at pod-level'],
    ],
  ];
  for (const [name, spec, change, expected] of table) {
    test(name, () => assert.deepEqual(causes(made(spec), change), expected));
  }

  test('not where the kubelet cannot, nor when it is static', () => {
    const old = made();
    const running = (...containerStatuses: Plain[]): KubeObject => ({
      ...old,
      status: { ...old.status, containerStatuses },
    });
    const state = { running: {} };
    assert.deepEqual(
      causes(running({ state }), () => undefined),
      ['spec: Forbidden: Pod running on node without support for resize'],
    );
    // the first that runs decides
    const mixed = running({ state: {} }, { state, resources: {} }, { state });
    assert.deepEqual(
      causes(mixed, () => undefined),
      [],
    );
    const mirror = made({}, { annotations: { 'kubernetes.io/config.mirror': 'x' } });
    assert.deepEqual(
      causes(mirror, () => undefined),
      ['[]: Forbidden: static pods cannot be resized'],
    );
  });

  test('not where a container has claims', () => {
    const claims = [{ name: 'c' }];
    const old = made({
      containers: [{ ...main, resources: { ...own, claims } }],
      resourceClaims: [{ name: 'c', resourceClaimName: 'x' }],
    });
    const change = (spec: Plain): void => {
      spec.containers[0].resources.requests = { cpu: '2', memory: '1Gi' };
    };
    assert.deepEqual(causes(old, change), [
      'spec: Forbidden: only cpu and memory resources are mutable',
    ]);
  });

  test('not while a stored init container would restart', () => {
    const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
    const old = made({ initContainers: [{ ...init, resizePolicy }] });
    const change = (spec: Plain): void => {
      spec.initContainers[0].resources = { requests: { cpu: '2', memory: '1Gi' } };
    };
    assert.deepEqual(causes(old, change), [
      'spec.initContainers[0]: Forbidden: non-sidecar init containers with a resize policy of RestartContainer cannot be resized',
    ]);
  });
});
