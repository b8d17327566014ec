import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryLister } from '../../watch/memory-lister.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import { makePodSecurity } from './plugin.ts';
import { policyOf, violations } from './policy.ts';

const judge = (level: 'baseline' | 'restricted', spec: object, annotations = {}) =>
  violations({ level, version: 'latest' }, { metadata: { annotations }, spec });

const safe = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

test("restricted tells a plain pod what it lacks, in upstream's words", () => {
  assert.equal(
    judge('restricted', { containers: [{ name: 'a' }, { name: 'b' }] }),
    'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  );
  assert.equal(
    judge('restricted', { containers: [{ name: 'a', securityContext: safe }] }),
    undefined,
  );
  assert.equal(judge('baseline', { containers: [{ name: 'a' }] }), undefined);
});

test('each baseline check refuses its own and nothing else', () => {
  const container = (securityContext: object, more: object = {}) => ({
    containers: [{ name: 'c', securityContext, ...more }],
  });
  const cases: [object, string][] = [
    [
      { containers: [], hostNetwork: true, hostIPC: true },
      'host namespaces (hostNetwork=true, hostIPC=true)',
    ],
    [{ containers: [], volumes: [{ name: 'v', hostPath: {} }] }, 'hostPath volumes (volume "v")'],
    [
      container({}, { ports: [{ hostPort: 80 }, { containerPort: 1 }] }),
      'hostPort (container "c" uses hostPort 80)',
    ],
    [
      container({ privileged: true }),
      'privileged (container "c" must not set securityContext.privileged=true)',
    ],
    [
      container({ procMount: 'Unmasked' }),
      'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      container({ capabilities: { add: ['NET_ADMIN', 'CHOWN'] } }),
      'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      container({ seccompProfile: { type: 'Unconfined' } }),
      'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      container({ seLinuxOptions: { type: 'spc_t', user: 'u' } }),
      'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
    [
      { containers: [], securityContext: { sysctls: [{ name: 'kernel.msgmax' }] } },
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      { containers: [{ name: 'c' }], securityContext: { windowsOptions: { hostProcess: true } } },
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      container({}, { livenessProbe: { httpGet: { host: '1.2.3.4' } } }),
      'probe or lifecycle host (container "c" uses probe or lifecycle host "1.2.3.4")',
    ],
  ];
  for (const [spec, want] of cases) assert.equal(judge('baseline', spec), want);
});

test('restricted knows volumes, root and user namespaces', () => {
  const spec = {
    containers: [{ name: 'a', securityContext: { ...safe, runAsUser: 0 } }],
    volumes: [
      { name: 'v', nfs: {} },
      { name: 'w', hostPath: {} },
      { name: 'x', emptyDir: {} },
    ],
  };
  assert.equal(
    judge('restricted', spec),
    'restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs"), runAsUser=0 (container "a" must not set runAsUser=0)',
  );
  assert.equal(judge('restricted', { ...spec, hostUsers: false, volumes: [] }), undefined);
});

test('labels choose levels; wrong ones are faults; enforcing also warns', () => {
  const { policy } = policyOf({
    'pod-security.kubernetes.io/enforce': 'baseline',
    'pod-security.kubernetes.io/enforce-version': 'v1.30',
  });
  assert.deepEqual(policy.enforce, { level: 'baseline', version: 'v1.30' });
  assert.deepEqual(policy.warn, policy.enforce);
  assert.equal(policyOf({ 'pod-security.kubernetes.io/audit': 'strict' }).faults.length, 1);
});

function world(labels: Record<string, string>) {
  const namespaces = new MemoryLister();
  const pods = new MemoryLister();
  namespaces.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns', labels } });
  return {
    pods,
    plugin: makePodSecurity({ namespaces, pods, readNamespace: async () => undefined }),
  };
}

test('pods are refused, workloads are warned about, unchanged pods pass', async () => {
  const { plugin } = world({
    'pod-security.kubernetes.io/enforce': 'baseline',
    'pod-security.kubernetes.io/warn': 'baseline',
  });
  const spec = { containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] };
  const pod = makeObject('Pod', 'p', { spec });
  await assert.rejects(
    async () => plugin.validate?.(admissionRequest({ of: 'pods', object: pod })),
    /^StatusError: pods "p" is forbidden: violates PodSecurity "baseline:latest": privileged \(container "c" must not set securityContext.privileged=true\)$/,
  );
  const labelled = structuredClone(pod);
  labelled.metadata.labels = { a: 'b' };
  await plugin.validate?.(
    admissionRequest({ of: 'pods', operation: 'UPDATE', object: labelled, oldObject: pod }),
  );
  const request = admissionRequest({
    of: 'deployments',
    group: 'apps',
    object: makeObject('Deployment', 'd', { spec: { template: { spec } } }),
  });
  await plugin.validate?.(request);
  assert.deepEqual(request.warnings, [
    'would violate PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)',
  ]);
});

test('tightening a namespace tells which pods would not pass; a wrong label is refused', async () => {
  const { plugin, pods } = world({});
  for (const name of ['a', 'b'])
    pods.put(makeObject('Pod', name, { spec: { hostPID: true, containers: [] } }));
  const old = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } };
  const update = (level: string) =>
    admissionRequest({
      of: 'namespaces',
      operation: 'UPDATE',
      name: 'ns',
      oldObject: old,
      object: {
        ...old,
        metadata: { name: 'ns', labels: { 'pod-security.kubernetes.io/enforce': level } },
      },
    });
  const request = update('baseline');
  await plugin.validate?.(request);
  assert.deepEqual(request.warnings, [
    'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 1 other pod): host namespaces',
  ]);
  await assert.rejects(
    async () => plugin.validate?.(update('none')),
    /Namespace "ns" is invalid: metadata.labels\[pod-security.kubernetes.io\/enforce\]: Invalid value: "none": must be one of privileged, baseline, restricted/,
  );
});
