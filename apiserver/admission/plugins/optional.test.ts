import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admissionRequest, makeObject } from '../request-double.ts';
import { MemoryLister } from '../../watch/memory-lister.ts';
import { makeAlwaysPullImages } from './always-pull-images.ts';
import { makeNodeDeclaredFeatureValidator } from './node-features.ts';
import {
  makeDenyServiceExternalIPs,
  makeExtendedResourceToleration,
  makeLimitPodHardAntiAffinityTopology,
} from './optional.ts';

test('images are always pulled, those of volumes too', async () => {
  const plugin = makeAlwaysPullImages();
  const podOf = (image: string) =>
    makeObject('Pod', 'p', {
      spec: {
        initContainers: [{ name: 'i', image: 'a', imagePullPolicy: 'Never' }],
        containers: [{ name: 'c', image, imagePullPolicy: 'IfNotPresent' }],
        volumes: [
          { name: 'v', image: { reference: 'r' } },
          { name: 'w', emptyDir: {} },
        ],
      },
    });
  const pod = podOf('b');
  const request = admissionRequest({ of: 'pods', object: pod });
  await assert.rejects(async () => plugin.validate?.(request), {
    code: 500,
    message:
      '[pods "p" is forbidden: spec.initContainers[0].imagePullPolicy: Unsupported value: "Never": supported values: "Always", pods "p" is forbidden: spec.containers[0].imagePullPolicy: Unsupported value: "IfNotPresent": supported values: "Always", pods "p" is forbidden: spec.volumes[0].image.pullPolicy: Unsupported value: "": supported values: "Always"]',
  });
  plugin.mutate?.(request);
  assert.deepEqual(
    [pod.spec.initContainers[0], pod.spec.containers[0]].map((each) => each.imagePullPolicy),
    ['Always', 'Always'],
  );
  assert.equal(pod.spec.volumes[0].image.pullPolicy, 'Always');
  plugin.validate?.(request);

  const update = (before: string, after: string) => {
    const object = podOf(after);
    plugin.mutate?.(
      admissionRequest({ of: 'pods', operation: 'UPDATE', object, oldObject: podOf(before) }),
    );
    return object.spec.containers[0].imagePullPolicy;
  };
  assert.equal(update('b', 'b'), 'IfNotPresent', 'what runs already stays');
  assert.equal(update('b', 'c'), 'Always');
});

test('external addresses that are new are denied', () => {
  const plugin = makeDenyServiceExternalIPs();
  const service = (...externalIPs: string[]) =>
    makeObject('Service', 's', { spec: { externalIPs } });
  const update = (before: string[], after: string[]) =>
    plugin.validate?.(
      admissionRequest({
        of: 'services',
        operation: 'UPDATE',
        object: service(...after),
        oldObject: service(...before),
      }),
    );
  update(['192.0.2.1', '192.0.2.2'], ['192.0.2.2']);
  assert.throws(() => update(['192.0.2.1'], ['192.0.2.1', '192.0.2.2']), {
    message: 'services "s" is forbidden: Use of external IPs is denied by admission control',
  });
});

test('pods keep each other off a node, nothing larger', () => {
  const plugin = makeLimitPodHardAntiAffinityTopology();
  const judge = (...keys: string[]) => {
    const terms = keys.map((topologyKey) => ({ topologyKey }));
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: terms };
    const object = makeObject('Pod', 'p', { spec: { affinity: { podAntiAffinity } } });
    plugin.validate?.(admissionRequest({ of: 'pods', object }));
  };
  judge('kubernetes.io/hostname');
  assert.throws(() => judge('kubernetes.io/hostname', 'zone'), {
    message:
      'pods "p" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed',
  });
});

test('who asks for devices tolerates the taints of their nodes', () => {
  const asks = (...names: string[]) => ({
    resources: { requests: Object.fromEntries(names.map((name) => [name, '1'])) },
  });
  const own = { key: 'b.example/x', operator: 'Exists', effect: 'NoSchedule' };
  const pod = makeObject('Pod', 'p', {
    spec: {
      containers: [asks('cpu', 'b.example/x', 'requests.example/no')],
      initContainers: [asks('a.example/x', 'x.kubernetes.io/no')],
      tolerations: [own],
    },
  });
  makeExtendedResourceToleration().mutate?.(admissionRequest({ of: 'pods', object: pod }));
  const added = { key: 'a.example/x', operator: 'Exists', effect: 'NoSchedule' };
  assert.deepEqual(pod.spec.tolerations, [own, added]);
});

test('a pod that runs is resized as its node can', () => {
  const nodes = new MemoryLister();
  const plugin = makeNodeDeclaredFeatureValidator({ nodes });
  const of = (spec: object) => makeObject('Pod', 'p', { spec: { nodeName: 'n', ...spec } });
  const resize = (before: object, after: object) =>
    plugin.validate?.(
      admissionRequest({
        of: 'pods',
        subresource: 'resize',
        operation: 'UPDATE',
        object: of(after),
        oldObject: of(before),
      }),
    );
  const resources = { requests: { cpu: '1' } };
  const init = (more: object = {}) => ({ initContainers: [{ name: 'i', ...more }] });
  resize({}, { containers: [{ resources }] });
  assert.throws(() => resize({}, { resources }), {
    message: 'pods "p" is forbidden: node "n" not found',
  });
  const declare = (...declaredFeatures: string[]) =>
    nodes.put({
      ...makeObject('Node', 'n', { status: { declaredFeatures } }),
      metadata: { name: 'n' },
    });
  declare('InPlacePodVerticalScalingInitContainers');
  resize(init(), init({ resources }));
  assert.throws(() => resize({}, { resources }), {
    message:
      'pods "p" is forbidden: pod update requires features InPlacePodLevelResourcesVerticalScaling which are not available on node "n"',
  });
  declare();
  resize({ resources: {} }, {});
  resize(init({ restartPolicy: 'Always' }), init({ restartPolicy: 'Always', resources }));
  assert.throws(
    () => resize(init(), { ...init({ resources }), resources }),
    /features InPlacePodLevelResourcesVerticalScaling, InPlacePodVerticalScalingInitContainers which/,
  );
  resize({ nodeName: '' }, { nodeName: '', resources });
});
