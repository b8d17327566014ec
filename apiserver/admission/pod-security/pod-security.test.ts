import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryLister } from '../../watch/memory-lister.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import { makePodSecurity } from './plugin.ts';
import type { Exemptions } from './configuration.ts';
import { policyOf, violationReasons, violations } from './policy.ts';

const judge = (
  level: 'baseline' | 'restricted',
  spec: object,
  annotations = {},
  version = 'latest',
) => violations({ level, version }, { metadata: { annotations }, spec });

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
      container({}, { livenessProbe: { httpGet: { host: '127.0.0.1' } } }),
      'probe or lifecycle host (container "c" uses probe or lifecycle host "127.0.0.1")',
    ],
    [
      container({ appArmorProfile: { type: 'Unconfined' } }),
      'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
    ],
  ];
  for (const [spec, want] of cases) assert.equal(judge('baseline', spec), want);
});

test('AppArmor by field and by annotation is one finding', () => {
  const key = 'container.apparmor.security.beta.kubernetes.io/a';
  const own = { containers: [], securityContext: { appArmorProfile: { type: 'Unconfined' } } };
  const annotations = { [key]: 'unconfined', other: 'x' };
  assert.equal(
    judge('baseline', { containers: [] }, annotations),
    `forbidden AppArmor profile (annotation must not set AppArmor profile type to "${key}="unconfined"")`,
  );
  assert.equal(
    judge('baseline', own, annotations),
    `forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "Unconfined", "${key}="unconfined"")`,
  );
});

test('a version is judged by the checks that it had', () => {
  const context = (securityContext: object, more: object = {}) => ({
    containers: [{ name: 'c', securityContext: { ...safe, ...securityContext } }],
    ...more,
  });
  const names = (level: 'baseline' | 'restricted', spec: object, version: string) =>
    violationReasons({ level, version }, { metadata: {}, spec }) ?? '';
  const cases: ['baseline' | 'restricted', object, string, string, string][] = [
    [
      'baseline',
      { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] } },
      'v1.31',
      'v1.32',
      'forbidden sysctls',
    ],
    [
      'baseline',
      context({ seLinuxOptions: { type: 'container_engine_t' } }),
      'v1.30',
      'v1.31',
      'seLinuxOptions',
    ],
    [
      'baseline',
      context({ procMount: 'Unmasked' }, { hostUsers: false }),
      'v1.34',
      'v1.35',
      'procMount',
    ],
    [
      'restricted',
      context({ runAsUser: 0 }, { hostUsers: false }),
      'v1.34',
      'v1.36',
      'runAsUser=0',
    ],
    [
      'restricted',
      context({ allowPrivilegeEscalation: true }, { os: { name: 'windows' } }),
      'v1.24',
      'v1.25',
      'allowPrivilegeEscalation != false',
    ],
  ];
  for (const [level, spec, before, since, reason] of cases) {
    assert.equal(names(level, spec, before), reason);
    assert.equal(names(level, spec, since), '');
  }
  const probe = { containers: [{ name: 'c', livenessProbe: { httpGet: { host: 'h' } } }] };
  assert.equal(names('baseline', probe, 'v1.33'), '');
  assert.equal(names('baseline', probe, 'v1.99'), 'probe or lifecycle host');
  assert.equal(
    names('restricted', { containers: [{ name: 'c' }] }, 'v1.7'),
    'runAsNonRoot != true',
  );
  assert.equal(
    names('restricted', context({ procMount: 'Unmasked' }, { hostUsers: false }), 'latest'),
    'procMount',
  );
  const key = 'seccomp.security.alpha.kubernetes.io/pod';
  assert.equal(
    judge('baseline', {}, { [key]: 'unconfined' }, 'v1.18'),
    `seccompProfile (forbidden annotation ${key}="unconfined")`,
  );
  assert.equal(judge('baseline', {}, { [key]: 'unconfined' }, 'v1.19'), undefined);
});

test('who says that root is wanted is told together', () => {
  const own = { runAsNonRoot: false };
  const containers = [{ name: 'a', securityContext: { ...safe, ...own } }];
  assert.equal(
    judge('restricted', { containers, securityContext: own }),
    'runAsNonRoot != true (pod and container "a" must not set securityContext.runAsNonRoot=false)',
  );
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
  const wrong = policyOf({
    'pod-security.kubernetes.io/audit': 'strict',
    'pod-security.kubernetes.io/enforce': 'strict',
    'pod-security.kubernetes.io/warn-version': 'v1.01',
  });
  assert.equal(wrong.faults.length, 3);
  assert.deepEqual(
    [wrong.policy.audit.level, wrong.policy.enforce.level, wrong.policy.warn],
    ['privileged', 'restricted', { level: 'restricted', version: 'latest' }],
  );
});

function world(labels: Record<string, string>, exemptions: Partial<Exemptions> = {}) {
  const namespaces = new MemoryLister();
  const pods = new MemoryLister();
  namespaces.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns', labels } });
  return {
    pods,
    plugin: makePodSecurity({
      namespaces,
      pods,
      readNamespace: async () => undefined,
      exemptions: { usernames: [], namespaces: [], runtimeClasses: [], ...exemptions },
    }),
  };
}

const prefix = 'pod-security.kubernetes.io/';

test('the audit hears of what is refused, of exemptions and of labels that are none', async () => {
  const enforced = { [`${prefix}enforce`]: 'baseline', [`${prefix}audit`]: 'baseline' };
  const ask = async (
    labels: Record<string, string>,
    more: Partial<Parameters<typeof admissionRequest>[0]> = {},
    exemptions: Partial<Exemptions> = {},
  ) => {
    const spec = { hostPID: true, runtimeClassName: 'vm', containers: [{ name: 'c', image: 'i' }] };
    const object = makeObject('Pod', 'p', { spec });
    const request = admissionRequest({ of: 'pods', object, ...more });
    const { plugin } = world(labels, exemptions);
    const refusal: Error | undefined = await Promise.resolve(plugin.validate?.(request)).then(
      () => undefined,
      (error) => error,
    );
    return [request.annotations, refusal?.message ?? ''];
  };
  const found = 'PodSecurity "baseline:latest": host namespaces (hostPID=true)';
  assert.deepEqual(await ask(enforced), [
    {
      [`${prefix}enforce-policy`]: 'baseline:latest',
      [`${prefix}audit-violations`]: `would violate ${found}`,
    },
    `pods "p" is forbidden: violates ${found}`,
  ]);
  const free = { [`${prefix}enforce-version`]: 'v1.30' };
  assert.deepEqual(await ask(free), [{ [`${prefix}enforce-policy`]: 'privileged:latest' }, '']);
  const exempt = (by: string) => [{ [`${prefix}exempt`]: by }, ''];
  assert.deepEqual(await ask(enforced, {}, { usernames: ['alice'] }), exempt('user'));
  assert.deepEqual(await ask(enforced, {}, { namespaces: ['ns'] }), exempt('namespace'));
  assert.deepEqual(await ask(enforced, {}, { runtimeClasses: ['vm'] }), exempt('runtimeClass'));
  assert.deepEqual(await ask({ [`${prefix}warn`]: 'strict' }), [
    {
      [`${prefix}error`]: `Failed to parse policy: metadata.labels[${prefix}warn]: Invalid value: "strict": must be one of privileged, baseline, restricted`,
      [`${prefix}enforce-policy`]: 'privileged:latest',
    },
    '',
  ]);
  assert.deepEqual(await ask({}, { namespace: 'none' }), [
    {
      [`${prefix}error`]:
        'Internal error occurred: failed to lookup namespace "none": namespaces "none" not found',
    },
    'Internal error occurred: failed to lookup namespace "none"',
  ]);
});

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
  await plugin.validate?.({ ...request, operation: 'UPDATE', oldObject: request.object });
  const told =
    'would violate PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)';
  assert.deepEqual(
    request.warnings,
    [told, told],
    'a workload is looked at whenever it is written',
  );
});

test('of a pod that runs, what may be changed counts', async () => {
  const { plugin } = world({ [`${prefix}enforce`]: 'baseline' });
  const of = (more: object) =>
    makeObject('Pod', 'p', {
      spec: { hostPID: true, containers: [{ name: 'c', image: 'i' }], ...more },
    });
  const update = async (more: object, subresource = '') =>
    plugin.validate?.(
      admissionRequest({
        of: 'pods',
        subresource,
        operation: 'UPDATE',
        object: of(more),
        oldObject: of({}),
      }),
    );
  await update({ tolerations: [{ operator: 'Exists' }] });
  await update({ containers: [{ name: 'c', image: 'j' }] }, 'status');
  await assert.rejects(update({ containers: [{ name: 'c', image: 'j' }] }), /violates PodSecurity/);
  await assert.rejects(
    update({ ephemeralContainers: [{ name: 'd', image: 'i' }] }, 'ephemeralcontainers'),
    /violates PodSecurity/,
  );
});

test('a namespace is told what its labels do', async () => {
  const labels = (level: string, more: object = {}) => ({ [`${prefix}enforce`]: level, ...more });
  const write = (
    before: Record<string, string> | undefined,
    after: Record<string, string>,
    exemptions: Partial<Exemptions> = {},
    pods: ReturnType<typeof makeObject>[] = [],
  ) => {
    const known = world({}, exemptions);
    for (const pod of pods) known.pods.put(pod);
    const of = (own: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'ns', labels: own },
    });
    const request = admissionRequest({
      of: 'namespaces',
      operation: before === undefined ? 'CREATE' : 'UPDATE',
      object: of(after),
      oldObject: before && of(before),
    });
    known.plugin.validate?.(request);
    return request.warnings;
  };
  const exempt = { namespaces: ['ns'] };
  const ignored = (policy: string) => [
    `namespace "ns" is exempt from Pod Security, and the policy (${policy}) will be ignored`,
  ];
  assert.deepEqual(
    write(undefined, labels('baseline'), exempt),
    ignored('enforce=baseline:latest'),
  );
  const more = { [`${prefix}audit`]: 'restricted', [`${prefix}warn-version`]: 'v1.30' };
  assert.deepEqual(
    write({}, labels('baseline', more), exempt),
    ignored('enforce=baseline:latest, audit=restricted:latest, warn=baseline:v1.30'),
  );
  assert.deepEqual(write(undefined, labels('privileged'), exempt), []);
  const bad = labels('strict');
  assert.deepEqual(write(bad, { ...bad, a: 'b' }), []);
  assert.throws(() => write({ ...bad, [`${prefix}warn`]: 'x' }, bad), /is invalid/);

  const pod = (name: string, more: object = {}) => {
    const made = makeObject('Pod', name, { spec: { hostPID: true, containers: [], ...more } });
    return made;
  };
  const pods = [pod('a', { runtimeClassName: 'vm' }), pod('b'), pod('c')];
  assert.deepEqual(write(labels('restricted'), labels('baseline'), {}, pods), []);
  assert.deepEqual(write({}, labels('baseline'), { runtimeClasses: ['vm'] }, pods), [
    'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
    'b (and 1 other pod): host namespaces',
  ]);
  const many = Array.from({ length: 3001 }, (_, i) => {
    const one = pod(`p${i}`, { hostPID: false });
    one.metadata.ownerReferences = [
      { apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u', controller: true },
    ];
    return one;
  });
  const [checked, ...rest] = write({}, labels('baseline'), {}, [...many, pod('z')]);
  assert.match(
    checked ?? '',
    /^new PodSecurity enforce level only checked against the first \d+ of 3002 existing pods$/,
  );
  assert.equal(rest.at(-1), 'z: host namespaces', 'one of each owner comes first');
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
