import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSigningRequest } from '../../../pki/signing-request.ts';
import { generateKeys } from '../../../pki/certificate.ts';
import type { Attributes } from '../../authz/authorizer.ts';
import { MemoryLister } from '../../watch/memory-lister.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import { makeCertificateApproval, makeCertificateSubjectRestriction } from './certificates.ts';
import { makeDefaultIngressClass, makeDefaultStorageClass } from './default-class.ts';
import { makeDefaultTolerationSeconds, makeTaintNodesByCondition } from './default-tolerations.ts';
import { makeLimitRanger } from './limit-ranger.ts';
import { makePodTopologyLabels } from './optional.ts';
import { makePriority } from './priority.ts';
import { makeRuntimeClass } from './runtime-class.ts';
import { makePersistentVolumeClaimResize, makeStorageObjectInUseProtection } from './storage.ts';

const named = (kind: string, name: string, more: object = {}) => ({
  ...makeObject(kind, name, more),
  metadata: { name },
});

test('a pod takes the priority of its class, or of the default one', async () => {
  const priorityClasses = new MemoryLister();
  const plugin = makePriority({ priorityClasses });
  const admit = (spec: object) => {
    const pod = makeObject('Pod', 'p', { spec });
    plugin.mutate?.(admissionRequest({ of: 'pods', object: pod }));
    return [pod.spec.priorityClassName, pod.spec.priority, pod.spec.preemptionPolicy];
  };
  assert.deepEqual(admit({}), [undefined, 0, 'PreemptLowerPriority']);
  priorityClasses.put(named('PriorityClass', 'high', { value: 100, preemptionPolicy: 'Never' }));
  priorityClasses.put(named('PriorityClass', 'usual', { value: 7, globalDefault: true }));
  assert.deepEqual(admit({}), ['usual', 7, 'PreemptLowerPriority']);
  assert.deepEqual(admit({ priorityClassName: 'high' }), ['high', 100, 'Never']);
  assert.throws(
    () => admit({ priorityClassName: 'none' }),
    /no PriorityClass with name none was found/,
  );
  assert.throws(
    () => admit({ priority: 5 }),
    /integer value of priority \(5\) must not be provided .* computed 7/,
  );
  const second = named('PriorityClass', 'other', { value: 1, globalDefault: true });
  assert.throws(
    () =>
      plugin.validate?.(
        admissionRequest({ of: 'priorityclasses', group: 'scheduling.k8s.io', object: second }),
      ),
    /usual is already marked as default/,
  );
  priorityClasses.put(named('PriorityClass', 'less', { value: 1, globalDefault: true }));
  const marked = (name: string, value: number, operation: 'CREATE' | 'UPDATE') =>
    plugin.validate?.(
      admissionRequest({
        of: 'priorityclasses',
        group: 'scheduling.k8s.io',
        operation,
        object: named('PriorityClass', name, { value, globalDefault: true }),
      }),
    );
  marked('less', 1, 'UPDATE');
  assert.throws(() => marked('usual', 7, 'UPDATE'), /less is already marked as default/);
  assert.throws(() => marked('less', 1, 'CREATE'), /less is already marked as default/);
});

test('tolerations and the taint of a new node', () => {
  const plugin = makeDefaultTolerationSeconds({ notReadySeconds: 300, unreachableSeconds: 60 });
  const pod = makeObject('Pod', 'p', {
    spec: { tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }] },
  });
  plugin.mutate?.(admissionRequest({ of: 'pods', object: pod }));
  assert.deepEqual(pod.spec.tolerations.slice(1), [
    {
      key: 'node.kubernetes.io/unreachable',
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 60,
    },
  ]);
  const node = named('Node', 'n');
  makeTaintNodesByCondition().mutate?.(admissionRequest({ of: 'nodes', object: node }));
  assert.deepEqual((node as { spec?: object }).spec, {
    taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
  });
});

test('of several default classes the newest counts, and an empty name is a choice', () => {
  const storageClasses = new MemoryLister();
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  for (const [name, day] of [
    ['old', '01'],
    ['new', '02'],
  ]) {
    storageClasses.put({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: {
        name: name as string,
        annotations,
        creationTimestamp: `2026-01-${day}T00:00:00Z`,
      },
    });
  }
  const plugin = makeDefaultStorageClass({ storageClasses });
  const classOf = (spec: object) => {
    const claim = makeObject('PersistentVolumeClaim', 'c', { spec });
    plugin.mutate?.(admissionRequest({ of: 'persistentvolumeclaims', object: claim }));
    return claim.spec.storageClassName;
  };
  assert.equal(classOf({}), 'new');
  assert.equal(classOf({ storageClassName: '' }), '');
  const ingressClasses = new MemoryLister();
  ingressClasses.put({
    apiVersion: 'v1',
    kind: 'IngressClass',
    metadata: {
      name: 'web',
      annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' },
    },
  });
  const ingress = makeObject('Ingress', 'i', { spec: {} });
  makeDefaultIngressClass({ ingressClasses }).mutate?.(
    admissionRequest({ of: 'ingresses', group: 'networking.k8s.io', object: ingress }),
  );
  assert.equal(ingress.spec.ingressClassName, 'web');
  const without = makeObject('Ingress', 'j', { spec: { ingressClassName: '' } });
  makeDefaultIngressClass({ ingressClasses }).mutate?.(
    admissionRequest({ of: 'ingresses', group: 'networking.k8s.io', object: without }),
  );
  assert.equal(without.spec.ingressClassName, '');
});

test('storage is protected from birth and grows only where its class allows', () => {
  const claim = makeObject('PersistentVolumeClaim', 'c', {
    spec: { storageClassName: 's', resources: { requests: { storage: '1Gi' } } },
    status: { phase: 'Bound' },
  });
  makeStorageObjectInUseProtection().mutate?.(
    admissionRequest({ of: 'persistentvolumeclaims', object: claim }),
  );
  assert.deepEqual(claim.metadata.finalizers, ['kubernetes.io/pvc-protection']);
  const storageClasses = new MemoryLister();
  const plugin = makePersistentVolumeClaimResize({ storageClasses });
  const bigger = structuredClone(claim);
  bigger.spec.resources.requests.storage = '2Gi';
  const update = () =>
    plugin.validate?.(
      admissionRequest({
        of: 'persistentvolumeclaims',
        operation: 'UPDATE',
        object: bigger,
        oldObject: claim,
      }),
    );
  assert.throws(update, /storageclass that provisions the pvc must support resize/);
  storageClasses.put(named('StorageClass', 's', { allowVolumeExpansion: true }));
  update();
  bigger.metadata.annotations = { 'volume.beta.kubernetes.io/storage-class': 'none' };
  assert.throws(update, /must support resize/, 'the annotation counts before the field');
});

test('limit ranges fill in what is missing and hold the rest within bounds', () => {
  const limitRanges = new MemoryLister();
  const plugin = makeLimitRanger({ limitRanges });
  limitRanges.put(
    makeObject('LimitRange', 'l', {
      spec: {
        limits: [
          {
            type: 'Container',
            default: { cpu: '500m' },
            defaultRequest: { cpu: '100m' },
            max: { cpu: '1' },
            maxLimitRequestRatio: { cpu: '5' },
          },
          { type: 'Pod', max: { memory: '1Gi' } },
        ],
      },
    }),
  );
  const pod = makeObject('Pod', 'p', {
    spec: {
      initContainers: [{ name: 'i' }],
      containers: [
        { name: 'a' },
        {
          name: 'b',
          resources: { requests: { cpu: '300m' }, limits: { cpu: '2', memory: '2Gi' } },
        },
      ],
    },
  });
  plugin.mutate?.(admissionRequest({ of: 'pods', object: pod }));
  assert.deepEqual(pod.spec.containers[0].resources, {
    requests: { cpu: '100m' },
    limits: { cpu: '500m' },
  });
  assert.equal(
    pod.metadata.annotations?.['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: cpu request for container a; cpu limit for container a; cpu request for init container i; cpu limit for init container i',
  );
  assert.throws(
    () => plugin.validate?.(admissionRequest({ of: 'pods', object: pod })),
    (error: Error) => {
      assert.equal(
        error.message,
        'pods "p" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, cpu max limit to request ratio per Container is 5, but provided ratio is 6.666667, maximum memory usage per Pod is 1Gi, but limit is 2Gi]',
      );
      return true;
    },
  );
});

test('each limit range is held by itself, against the pod as a whole', () => {
  const limitRanges = new MemoryLister();
  const plugin = makeLimitRanger({ limitRanges });
  const range = (name: string, limits: object[]) =>
    limitRanges.put(makeObject('LimitRange', name, { spec: { limits } }));
  range('a', [{ type: 'Pod', max: { memory: '1Gi' }, min: { cpu: '1' } }]);
  range('b', [{ type: 'Container', max: { cpu: '1' } }]);
  const refusal = (spec: object, rest: object = {}): string => {
    const object = makeObject('Pod', 'p', { spec });
    try {
      plugin.validate?.(admissionRequest({ of: 'pods', object, ...rest }));
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const containers = [{ name: 'c', resources: { requests: { cpu: '2' }, limits: { cpu: '2' } } }];
  assert.equal(
    refusal({ containers }),
    'pods "p" is forbidden: maximum memory usage per Pod is 1Gi.  No limit is specified',
  );
  const resources = { requests: { cpu: '500m' }, limits: { memory: '512Mi' } };
  assert.equal(
    refusal({ containers, resources }),
    'pods "p" is forbidden: minimum cpu usage per Pod is 1, but request is 500m',
  );
  const more = { requests: { cpu: '2' }, limits: { memory: '512Mi' } };
  assert.equal(
    refusal({ containers, resources: more }),
    'pods "p" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
  );
  const resize = { operation: 'UPDATE', subresource: 'resize' } as const;
  const going = makeObject('Pod', 'p', {});
  going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  assert.match(refusal({ containers }, resize), /maximum memory/);
  assert.equal(refusal({ containers }, { ...resize, oldObject: going }), '');
});

test('a runtime class brings overhead and placement', async () => {
  const runtimeClasses = new MemoryLister();
  runtimeClasses.put(
    named('RuntimeClass', 'vm', {
      handler: 'vm',
      overhead: { podFixed: { cpu: '1' } },
      scheduling: { nodeSelector: { kvm: 'yes' }, tolerations: [{ key: 'a', operator: 'Exists' }] },
    }),
  );
  const plugin = makeRuntimeClass({ runtimeClasses, readLive: async () => undefined });
  const pod = makeObject('Pod', 'p', { spec: { runtimeClassName: 'vm' } });
  await plugin.mutate?.(admissionRequest({ of: 'pods', object: pod }));
  assert.deepEqual([pod.spec.overhead, pod.spec.nodeSelector], [{ cpu: '1' }, { kvm: 'yes' }]);
  await plugin.validate?.(admissionRequest({ of: 'pods', object: pod }));
  const narrow = { key: 'a', operator: 'Equal', value: '1', effect: 'NoSchedule' };
  const spec = { runtimeClassName: 'vm', overhead: {}, tolerations: [narrow] };
  const empty = makeObject('Pod', 'e', { spec });
  await plugin.validate?.(admissionRequest({ of: 'pods', object: empty }));
  await plugin.mutate?.(admissionRequest({ of: 'pods', object: empty }));
  assert.deepEqual(empty.spec.overhead, { cpu: '1' });
  assert.deepEqual(empty.spec.tolerations, [{ key: 'a', operator: 'Exists' }]);
  empty.spec.overhead = { cpu: '2' };
  await assert.rejects(
    async () => plugin.validate?.(admissionRequest({ of: 'pods', object: empty })),
    /Pod's Overhead doesn't match RuntimeClass's defined Overhead$/,
  );
  const other = makeObject('Pod', 'q', { spec: { runtimeClassName: 'none' } });
  await assert.rejects(
    async () => plugin.mutate?.(admissionRequest({ of: 'pods', object: other })),
    /RuntimeClass "none" not found/,
  );
  const bare = makeObject('Pod', 'r', { spec: { overhead: { cpu: '1' } } });
  await assert.rejects(
    async () => plugin.validate?.(admissionRequest({ of: 'pods', object: bare })),
    /without corresponding RuntimeClass/,
  );
});

test('approving needs the signer or its domain; nobody asks to be a master', async () => {
  const asked: string[] = [];
  const authorize = (question: Attributes) => {
    asked.push(`${question.verb} ${question.resource} ${question.name}`);
    return {
      verdict: question.name === 'example.com/*' ? 'allow' : 'no-opinion',
      reason: '',
    } as const;
  };
  const approval = makeCertificateApproval({ authorize });
  const review = (signerName: string) => {
    const csr = named('CertificateSigningRequest', 'c', { spec: { signerName } });
    return approval.validate?.(
      admissionRequest({
        of: 'certificatesigningrequests',
        group: 'certificates.k8s.io',
        subresource: 'approval',
        operation: 'UPDATE',
        object: csr,
        oldObject: csr,
      }),
    );
  };
  await review('example.com/a');
  assert.deepEqual(asked, ['approve signers example.com/a', 'approve signers example.com/*']);
  await assert.rejects(
    async () => review('other.com/a'),
    /user not permitted to approve requests with signerName "other.com\/a"/,
  );

  const { privateKeyPem } = await generateKeys();
  const restriction = makeCertificateSubjectRestriction();
  const ask = async (organizations: string[]) => {
    const pem = createSigningRequest({ commonName: 'x', organizations }, {}, privateKeyPem);
    const csr = named('CertificateSigningRequest', 'c', {
      spec: {
        signerName: 'kubernetes.io/kube-apiserver-client',
        request: Buffer.from(pem).toString('base64'),
      },
    });
    await restriction.validate?.(
      admissionRequest({
        of: 'certificatesigningrequests',
        group: 'certificates.k8s.io',
        object: csr,
      }),
    );
  };
  await ask(['dev']);
  await assert.rejects(ask(['system:masters']), /with system:masters group is not allowed/);
});

test('a bound pod learns where its node stands', () => {
  const nodes = new MemoryLister();
  nodes.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', labels: { 'topology.kubernetes.io/zone': 'z', other: 'x' } },
  });
  const binding = makeObject('Binding', 'p', { target: { name: 'n' } });
  makePodTopologyLabels({ nodes }).mutate?.(
    admissionRequest({ of: 'pods', subresource: 'binding', object: binding }),
  );
  assert.deepEqual(binding.metadata.labels, { 'topology.kubernetes.io/zone': 'z' });
});
