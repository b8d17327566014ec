import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ApiClient } from '../verbs/api-client.ts';
import { readAdmissionConfiguration } from './configuration.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-admission-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: unknown): string {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return join(folder, name);
}

const header = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration' };
const podSecurity = {
  apiVersion: 'pod-security.admission.config.k8s.io/v1',
  kind: 'PodSecurityConfiguration',
  defaults: { enforce: 'baseline', 'enforce-version': 'v1.30' },
  exemptions: { namespaces: ['kube-system'] },
};

test('settings of PodSecurity are read, inline or beside the file', () => {
  const inline = file('inline.yaml', {
    ...header,
    plugins: [{ name: 'PodSecurity', configuration: podSecurity }],
  });
  const read = readAdmissionConfiguration(inline).podSecurity;
  assert.deepEqual(read?.defaults.enforce, { level: 'baseline', version: 'v1.30' });
  assert.deepEqual(read?.defaults.warn, { level: 'privileged', version: 'latest' });
  file('pods.yaml', podSecurity);
  const beside = file('beside.yaml', {
    ...header,
    plugins: [{ name: 'PodSecurity', path: 'pods.yaml' }],
  });
  assert.deepEqual(readAdmissionConfiguration(beside).podSecurity, read);
});

test('what is no configuration is refused, other plugins by name', () => {
  assert.throws(
    () => readAdmissionConfiguration(file('a', {})),
    /expected .* AdmissionConfiguration/,
  );
  const other = file('b', { ...header, plugins: [{ name: 'AlwaysAdmit' }] });
  assert.throws(() => readAdmissionConfiguration(other), /"AlwaysAdmit" is not supported/);
  const wrong = { ...podSecurity, defaults: { audit: 'strict' } };
  const level = file('c', { ...header, plugins: [{ name: 'PodSecurity', configuration: wrong }] });
  assert.throws(() => readAdmissionConfiguration(level), /defaults.audit: Invalid value: "strict"/);
});

test('settings of the plugins that are off are read and judged', () => {
  let count = 0;
  const read = (name: string, configuration: object) => {
    count += 1;
    return readAdmissionConfiguration(
      file(`off-${count}`, { ...header, plugins: [{ name, configuration }] }),
    );
  };
  const selectors = { clusterDefaultNodeSelector: 'a=b' };
  assert.deepEqual(read('PodNodeSelector', { podNodeSelectorPluginConfig: selectors }), {
    nodeSelectors: selectors,
  });
  const of = (plugin: string, content: object) => ({
    apiVersion: `${plugin}.admission.k8s.io/v1alpha1`,
    kind: 'Configuration',
    ...content,
  });
  const tolerations = (content: object) =>
    read('PodTolerationRestriction', of('podtolerationrestriction', content));
  const all = { operator: 'Exists' };
  assert.deepEqual(tolerations({ default: [all] }), {
    tolerations: { default: [all], whitelist: [] },
  });
  assert.throws(
    () => tolerations({ whitelist: [{}] }),
    /^Error: invalid config: podtolerationrestriction.whitelist\[0\].operator: Invalid value: "": /,
  );
  const limits = (list: object[]) => read('EventRateLimit', of('eventratelimit', { limits: list }));
  assert.deepEqual(limits([{ type: 'Server', qps: 5, burst: 9 }]).eventLimits, [
    { type: 'Server', qps: 5, burst: 9, cacheSize: 0 },
  ]);
  assert.throws(() => limits([]), /limits: Invalid value: null: must not be empty$/);
  assert.throws(
    () => limits([{ type: 'All', cacheSize: -1 }]),
    (error: Error) => {
      assert.equal(
        error.message,
        '[limits[0].type: Unsupported value: "All": supported values: "Namespace", "Server", "SourceAndObject", "User", limits[0].burst: Invalid value: 0: must be positive, limits[0].qps: Invalid value: 0: must be positive, limits[0].cacheSize: Invalid value: -1: must not be negative]',
      );
      return true;
    },
  );
  assert.throws(
    () => read('EventRateLimit', {}),
    /no kind "" is registered for version "": expected eventratelimit/,
  );
});

test('webhooks are called by a kubeconfig that is named in full', () => {
  const read = (name: string, more: object) => {
    const configuration = {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'WebhookAdmissionConfiguration',
      ...more,
    };
    return readAdmissionConfiguration(
      file('hooks', { ...header, plugins: [{ name, configuration }] }),
    );
  };
  assert.deepEqual(read('MutatingAdmissionWebhook', { kubeConfigFile: '/k' }), {
    mutatingWebhooks: '/k',
  });
  assert.deepEqual(read('ValidatingAdmissionWebhook', {}), { validatingWebhooks: '' });
  assert.throws(() => read('ValidatingAdmissionWebhook', { kubeConfigFile: 'k' }), {
    message: 'kubeConfigFile: Invalid value: "k": must be an absolute file path',
  });
  assert.throws(
    () => read('ValidatingAdmissionWebhook', { staticManifestsDir: '/d' }),
    /staticManifestsDir is not supported/,
  );
});

test('settings of ImagePolicyWebhook are read and judged', () => {
  const read = (imagePolicy: object) => {
    const plugins = [{ name: 'ImagePolicyWebhook', configuration: { imagePolicy } }];
    return readAdmissionConfiguration(file('images', { ...header, plugins })).imagePolicy;
  };
  assert.deepEqual(read({ kubeConfigFile: '/k', allowTTL: -1, retryBackoff: 20 }), {
    kubeConfigFile: '/k',
    firstWaitMs: 20,
    allowTtlMs: 0,
    denyTtlMs: 30_000,
    defaultAllow: false,
  });
  const refusals: [object, string][] = [
    [{ allowTTL: 3601 }, 'valid value is between 1s and 30m0s, got 1h0m1s'],
    [{ denyTTL: -2 }, 'valid value is between 1s and 30m0s, got -2s'],
    [{ retryBackoff: 300_001 }, 'valid value is between 1ns and 5m0s, got 5m0.001s'],
  ];
  for (const [given, message] of refusals) assert.throws(() => read(given), { message });
});

test('settings of ResourceQuota are read and judged', () => {
  const read = (apiVersion: string, kind: string, resource: string) => {
    const limit = { resource, matchScopes: [{ scopeName: 'PriorityClass', operator: 'Exists' }] };
    const configuration = { apiVersion, kind, limitedResources: [limit] };
    const plugins = [{ name: 'ResourceQuota', configuration }];
    return readAdmissionConfiguration(file('quota', { ...header, plugins })).limitedResources;
  };
  const now = ['apiserver.config.k8s.io/v1', 'ResourceQuotaConfiguration'] as const;
  const matchScopes = [{ scopeName: 'PriorityClass', operator: 'Exists' }];
  assert.deepEqual(read(...now, 'pods'), [
    { apiGroup: '', resource: 'pods', matchContains: [], matchScopes },
  ]);
  assert.throws(() => read(...now, ''), /^Error: limitedResources\[0\].resource: Required value$/);
  assert.throws(() => read('apiserver.config.k8s.io/v1', 'Configuration', 'pods'), /no kind/);
  read('resourcequota.admission.k8s.io/v1beta1', 'Configuration', 'pods');
});

test('plugins that are off run when asked for, with their settings', async () => {
  const settings = {
    PodNodeSelector: { podNodeSelectorPluginConfig: { clusterDefaultNodeSelector: 'disk=fast' } },
    PodTolerationRestriction: {
      apiVersion: 'podtolerationrestriction.admission.k8s.io/v1alpha1',
      kind: 'Configuration',
      default: [{ key: 'usual', operator: 'Exists' }],
    },
    EventRateLimit: {
      apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1',
      kind: 'Configuration',
      limits: [{ type: 'Namespace', qps: 1, burst: 1 }],
    },
  };
  const plugins = Object.entries(settings).map(([name, configuration]) => ({
    name,
    configuration,
  }));
  const names = [...Object.keys(settings), 'NamespaceAutoProvision', 'ExtendedResourceToleration'];
  const api = await ApiClient.start({
    flags: {
      'admission-control-config-file': file('asked.yaml', { ...header, plugins }),
      'disable-admission-plugins': 'ServiceAccount',
      'enable-admission-plugins': [...names, 'OwnerReferencesPermissionEnforcement'].join(','),
    },
  });
  try {
    const amounts = { 'example.com/dongle': '1' };
    const resources = { requests: amounts, limits: amounts };
    const pod = await api.create('/api/v1/namespaces/brought/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i', resources }] },
    });
    assert.equal(pod.code, 201, pod.text);
    assert.deepEqual(pod.body.spec.nodeSelector, { disk: 'fast' });
    const keys = pod.body.spec.tolerations.map(({ key }: { key: string }) => key);
    assert.ok(keys.includes('usual') && keys.includes('example.com/dongle'), keys.join());
    const brought = await api.get('/api/v1/namespaces/brought');
    assert.equal(brought.body.metadata.labels['kubernetes.io/metadata.name'], 'brought');
    assert.deepEqual(brought.body.spec.finalizers, ['kubernetes']);
    const told = (name: string) =>
      api.create('/api/v1/namespaces/brought/events', {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name },
        involvedObject: { kind: 'Pod', namespace: 'brought', name: 'p' },
      });
    assert.equal((await told('first')).code, 201);
    const second = await told('second');
    assert.equal(second.code, 429, second.text);
    assert.equal(
      second.body.message,
      'Too many requests: limit reached on type Namespace for key brought',
    );
  } finally {
    await api.stop();
  }
});

test('--admission-control-config-file holds pods to its defaults, but for its exemptions', async () => {
  const config = file('live.yaml', {
    ...header,
    plugins: [{ name: 'PodSecurity', configuration: podSecurity }],
  });
  const api = await ApiClient.start({
    flags: {
      'admission-control-config-file': config,
      'disable-admission-plugins': 'ServiceAccount',
      'default-not-ready-toleration-seconds': '7',
    },
  });
  try {
    const pod = (hostNetwork: boolean) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: hostNetwork ? 'host' : 'plain' },
      spec: { hostNetwork, containers: [{ name: 'c', image: 'i' }] },
    });
    const refused = await api.create('/api/v1/namespaces/default/pods', pod(true));
    assert.equal(refused.code, 403, refused.text);
    assert.match(refused.body.message, /violates PodSecurity "baseline:v1.30": host namespaces/);
    const exempt = await api.create('/api/v1/namespaces/kube-system/pods', pod(true));
    assert.equal(exempt.code, 201, exempt.text);
    const plain = await api.create('/api/v1/namespaces/default/pods', pod(false));
    const notReady = plain.body.spec.tolerations.find(
      ({ key }: { key: string }) => key === 'node.kubernetes.io/not-ready',
    );
    assert.equal(notReady.tolerationSeconds, 7);
  } finally {
    await api.stop();
  }
});
