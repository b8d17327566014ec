import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '../../object/status-error.ts';
import { MemoryListers } from '../watch/memory-lister.ts';
import { makeAdmissionChain } from './chain.ts';
import { makeNamespaceLifecycle } from './namespace-lifecycle.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { makePlugins, selectionProblems } from './plugins.ts';
import { admissionRequest, makeObject } from './request-double.ts';
import { makeServiceAccountAdmission } from './service-account.ts';

function refusal(pattern: RegExp, code = 403) {
  return (error: unknown) => {
    assert.ok(error instanceof StatusError);
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };
}

test('plugins run in order, again when a webhook asks, and stop at the first refusal', async () => {
  const ran: string[] = [];
  const plugin = (name: string, fails = false): AdmissionPlugin => ({
    name,
    mutate: () => void ran.push(`mutate ${name}`),
    validate: () => {
      ran.push(`validate ${name}`);
      if (fails) throw new Error('no');
    },
  });
  let again = true;
  const chain = makeAdmissionChain({
    plugins: [plugin('a'), plugin('b', true), { ...plugin('c'), takeReinvocation: () => again }],
  });
  const request = admissionRequest({ of: 'pods' });
  await chain.mutate(request);
  assert.equal(ran.length, 6);
  again = false;
  ran.length = 0;
  await assert.rejects(chain.validate(request));
  assert.deepEqual(ran, ['validate a', 'validate b']);
});

test('unknown plugins are refused as upstream refuses them', () => {
  const wrong = {
    enable: ['Nope', 'Priority', 'PodSecurity'],
    disable: ['Priority', 'PodSecurity'],
  };
  assert.deepEqual(selectionProblems(wrong), [
    'enable-admission-plugins plugin "Nope" is unknown',
    '[PodSecurity Priority] in enable-admission-plugins and disable-admission-plugins overlapped',
  ]);
  const listers = new MemoryListers();
  const plugins = makePlugins({ listers, readLive: async () => undefined } as never, {
    enable: [],
    disable: ['NamespaceLifecycle'],
  });
  assert.ok(!plugins.some((plugin) => plugin.name === 'NamespaceLifecycle'));
  assert.ok(plugins.some((plugin) => plugin.name === 'ServiceAccount'));
});

test('nothing is created in a namespace that is missing or going', async () => {
  const namespaces = new MemoryListers().lister('', 'namespaces');
  const live = new Map<string, ReturnType<typeof makeObject>>();
  const plugin = makeNamespaceLifecycle({ namespaces, readLive: async (name) => live.get(name) });
  const namespace = (name: string, phase: string) => ({
    ...makeObject('Namespace', name),
    metadata: { name },
    status: { phase },
  });
  const request = admissionRequest({ of: 'pods', object: makeObject('Pod', 'p') });
  await assert.rejects(
    async () => plugin.mutate?.(request),
    refusal(/^namespaces "ns" not found$/, 404),
  );
  live.set('ns', namespace('ns', 'Active'));
  await plugin.mutate?.(request);
  namespaces.put(namespace('ns', 'Terminating'));
  await assert.rejects(
    async () => plugin.mutate?.(request),
    (error: unknown) => {
      assert.ok(error instanceof StatusError);
      assert.equal(
        error.message,
        'pods "p" is forbidden: unable to create new content in namespace ns because it is being terminated',
      );
      assert.deepEqual(error.details?.causes, [
        {
          reason: 'NamespaceTerminating',
          message: 'namespace ns is being terminated',
          field: 'metadata.namespace',
        },
      ]);
      return true;
    },
  );
  const deletion = admissionRequest({ of: 'namespaces', operation: 'DELETE', name: 'kube-system' });
  await assert.rejects(
    async () => plugin.mutate?.(deletion),
    refusal(/this namespace may not be deleted/),
  );
});

test('after a delete the cache is not believed', async () => {
  const namespaces = new MemoryListers().lister('', 'namespaces');
  const active = {
    ...makeObject('Namespace', 'ns'),
    metadata: { name: 'ns' },
    status: { phase: 'Active' },
  };
  namespaces.put(active);
  const plugin = makeNamespaceLifecycle({
    namespaces,
    readLive: async () => ({ ...active, status: { phase: 'Terminating' } }),
  });
  const request = admissionRequest({ of: 'pods', object: makeObject('Pod', 'p') });
  await plugin.mutate?.(request);
  await plugin.mutate?.(admissionRequest({ of: 'namespaces', operation: 'DELETE', name: 'ns' }));
  await assert.rejects(async () => plugin.mutate?.(request), refusal(/being terminated/));
});

test('a pod gets its account, token and pull secrets', async () => {
  const serviceAccounts = new MemoryListers().lister('', 'serviceaccounts');
  const account = makeObject('ServiceAccount', 'default', { imagePullSecrets: [{ name: 'reg' }] });
  let looks = 0;
  const plugin = makeServiceAccountAdmission({
    serviceAccounts,
    readLive: async (_namespace, name) =>
      name === 'default' && ++looks === 3 ? account : undefined,
    retryMs: 1,
  });
  const pod = makeObject('Pod', 'p', {
    spec: {
      containers: [
        { name: 'a' },
        {
          name: 'b',
          volumeMounts: [{ name: 'x', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
        },
      ],
    },
  });
  const request = admissionRequest({ of: 'pods', object: pod });
  await plugin.mutate?.(request);
  assert.equal(pod.spec.serviceAccountName, 'default');
  assert.deepEqual(pod.spec.imagePullSecrets, [{ name: 'reg' }]);
  const [volume] = pod.spec.volumes;
  assert.match(volume.name, /^kube-api-access-[a-z0-9]{5}$/);
  assert.equal(volume.projected.sources[0].serviceAccountToken.expirationSeconds, 3607);
  assert.equal(pod.spec.containers[0].volumeMounts[0].name, volume.name);
  assert.equal(pod.spec.containers[1].volumeMounts.length, 1);

  const other = makeObject('Pod', 'q', { spec: { serviceAccountName: 'x', containers: [] } });
  await assert.rejects(
    async () => plugin.mutate?.(admissionRequest({ of: 'pods', object: other })),
    refusal(
      /^pods "q" is forbidden: error looking up service account ns\/x: serviceaccount "x" not found$/,
    ),
  );
});

test('automounting is declined by pod or account, the pod having the last word', async () => {
  const serviceAccounts = new MemoryListers().lister('', 'serviceaccounts');
  serviceAccounts.put(
    makeObject('ServiceAccount', 'default', { automountServiceAccountToken: false }),
  );
  const plugin = makeServiceAccountAdmission({ serviceAccounts, readLive: async () => undefined });
  const mounted = async (spec: object) => {
    const pod = makeObject('Pod', 'p', { spec: { containers: [{ name: 'a' }], ...spec } });
    await plugin.mutate?.(admissionRequest({ of: 'pods', object: pod }));
    return pod.spec.volumes !== undefined;
  };
  assert.equal(await mounted({}), false);
  assert.equal(await mounted({ automountServiceAccountToken: true }), true);
});

test('a mirror pod is left as it is and may name no account', async () => {
  const serviceAccounts = new MemoryListers().lister('', 'serviceaccounts');
  const plugin = makeServiceAccountAdmission({ serviceAccounts, readLive: async () => undefined });
  const pod = makeObject('Pod', 'p', { spec: { containers: [], serviceAccountName: 'x' } });
  pod.metadata.annotations = { 'kubernetes.io/config.mirror': 'h' };
  const request = admissionRequest({ of: 'pods', object: pod });
  await plugin.mutate?.(request);
  await assert.rejects(
    async () => plugin.validate?.(request),
    refusal(/a mirror pod may not reference service accounts/),
  );
});
