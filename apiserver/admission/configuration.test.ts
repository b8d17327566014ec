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
  const other = file('b', { ...header, plugins: [{ name: 'EventRateLimit' }] });
  assert.throws(() => readAdmissionConfiguration(other), /"EventRateLimit" is not supported/);
  const wrong = { ...podSecurity, defaults: { audit: 'strict' } };
  const level = file('c', { ...header, plugins: [{ name: 'PodSecurity', configuration: wrong }] });
  assert.throws(() => readAdmissionConfiguration(level), /defaults.audit: Invalid value: "strict"/);
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
