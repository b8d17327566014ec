import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { issueAuthority } from '../pki/certificate.ts';
import { combinedTrust } from './bootstrap/authentication-trust.ts';
import { ApiClient } from './verbs/api-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-trust-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';

let first: string;
let second: string;
before(async () => {
  const issue = async (commonName: string, durationMs = 3_600_000) =>
    (await issueAuthority({ commonName, durationMs })).certificatePem;
  [first, second] = await Promise.all([issue('first'), issue('second')]);
});

/** As it is once it is as it should be. */
async function until(api: ApiClient, good: (data: Record<string, string>) => boolean) {
  for (;;) {
    const { code, body } = await api.get(path);
    const data: Record<string, string> = (code === 200 && body.data) || {};
    if (good(data)) return data;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('what aggregated servers trust: bundles that change are added, and so is what is taken away', async () => {
  const file = join(folder, 'ca.crt');
  writeFileSync(file, first);
  const api = await ApiClient.start({
    flags: { 'requestheader-client-ca-file': file, 'requestheader-allowed-names': 'proxy' },
  });
  try {
    const bundle = 'requestheader-client-ca-file';
    assert.equal((await api.get(path)).body.data[bundle], first);
    writeFileSync(file, second);
    const data = await until(api, (now) => now[bundle]?.includes(second) === true);
    // another server may still have the first
    assert.equal(data[bundle], first + second);
    assert.equal(data['requestheader-allowed-names'], '["proxy"]');
    assert.equal(data['requestheader-username-headers'], '[]');

    await api.patch(path, 'merge', {
      data: { other: 'x', 'requestheader-allowed-names': '["a"]' },
    });
    const merged = await until(api, (now) => now['other'] === undefined);
    assert.equal(merged['requestheader-allowed-names'], '["a","proxy"]');

    assert.equal((await api.delete(path)).code, 200);
    const again = await until(api, (now) => now[bundle] !== undefined);
    assert.equal(again[bundle], second);
  } finally {
    await api.stop();
  }
});

test('certificates that have expired leave, without any there is no bundle', () => {
  const none = { allowedNames: [], usernameHeaders: [], uidHeaders: [], groupHeaders: [] };
  const own = { ...none, extraHeaderPrefixes: [], clientCa: second, requestHeaderCa: '' };
  const both = combinedTrust({ 'client-ca-file': first + first }, own);
  assert.deepEqual(both, { 'client-ca-file': first + second });
  const later = Date.now() + 2 * 3_600_000;
  assert.deepEqual(combinedTrust({ 'client-ca-file': first }, own, later), {});
  assert.throws(() => combinedTrust({ 'requestheader-allowed-names': '{}' }, own), /no list/);
});
