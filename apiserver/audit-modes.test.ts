import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ApiClient } from './verbs/api-client.ts';

/** What requests see of an audit backend that fails or takes its time. */
const folder = mkdtempSync(join(tmpdir(), 'quorate-audit-modes-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const policy = join(folder, 'policy.yaml');
writeFileSync(
  policy,
  'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None, nonResourceURLs: ["/metrics"]}, {level: Metadata}]\n',
);

test('--audit-log-mode=blocking-strict: nothing is done that cannot be written down', async () => {
  // every write to it fails: no space left on device
  const flags = { 'audit-policy-file': policy, 'audit-log-path': '/dev/full' };
  const api = await ApiClient.start({ flags: { ...flags, 'audit-log-mode': 'blocking-strict' } });
  try {
    const refused = await api.get('/api/v1/namespaces/default?a=1&b=2');
    assert.equal(refused.code, 500);
    assert.equal(refused.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(refused.headers['cache-control'], 'no-cache, private');
    assert.equal(
      refused.text,
      'Internal Server Error: "/api/v1/namespaces/default?a=1&amp;b=2": failed to store audit event\n',
    );
    const { text } = await api.get('/metrics');
    assert.match(text, /^apiserver_audit_requests_rejected_total 1$/m);
    assert.match(text, /^apiserver_audit_error_total\{plugin="log"\} 1$/m);
  } finally {
    await api.stop();
  }
});

test('--audit-webhook-mode=blocking: the request waits until its event is sent, and so does the answer', async () => {
  let release = (): void => {};
  const stages: string[] = [];
  const hook = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      stages.push(JSON.parse(Buffer.concat(parts).toString()).items[0].stage);
      release = () => response.end();
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => hook.once('listening', resolve));
  const server = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
  const kubeconfig = join(folder, 'kubeconfig');
  const named = (name: string, more: object) => [{ name, ...more }];
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: named('c', { cluster: { server } }),
      contexts: named('x', { context: { cluster: 'c' } }),
      'current-context': 'x',
    }),
  );
  const flags = { 'audit-policy-file': policy, 'audit-webhook-config-file': kubeconfig };
  const api = await ApiClient.start({ flags: { ...flags, 'audit-webhook-mode': 'blocking' } });
  try {
    let answered = false;
    const asked = api.get('/api').then(({ code }) => {
      answered = true;
      return code;
    });
    for (const events of [1, 2]) {
      while (stages.length < events) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(answered, false);
      release();
    }
    assert.equal(await asked, 200);
    assert.deepEqual(stages, ['RequestReceived', 'ResponseComplete']);
  } finally {
    await api.stop();
    hook.close();
  }
});
