import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { KubeObject } from '../object/object.ts';
import { signLegacyToken } from '../pki/legacy-token.ts';
import { parseSigningKey } from '../pki/token-keys.ts';
import { secrets, serviceAccounts } from './resources.ts';
import { type Scenario, startScenario, tokenKey } from './scenario.ts';
import { tokenSecretController } from './token-secret.ts';

/** Tokens that Secrets keep: `argocd cluster add` and many an operator wait for them. */
let s: Scenario;
before(async () => {
  s = await startScenario(tokenSecretController);
});
after(() => s.stop());

const nameKey = 'kubernetes.io/service-account.name';
const uidKey = 'kubernetes.io/service-account.uid';
const account = (name: string): Promise<KubeObject> =>
  s.cluster.create(serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'default' },
    secrets: [{ name: `${name}-token` }, { name: 'other' }],
  });
const secret = (name: string, annotations: Record<string, string>): Promise<KubeObject> =>
  s.cluster.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default', annotations },
    type: 'kubernetes.io/service-account-token',
  });
const text = (data: string): string => Buffer.from(data, 'base64').toString();

test('a secret is filled with a token, the CA and its namespace', async () => {
  const made = await account('robot');
  await secret('robot-token', { [nameKey]: 'robot' });
  const filled = await s.until('a token', () => {
    const found = s.find(secrets, 'robot-token');
    return found?.['data']?.token !== undefined && found;
  });
  assert.equal(text(filled['data']['ca.crt']), 'CA');
  assert.equal(text(filled['data'].namespace), 'default');
  assert.equal(filled.metadata.annotations?.[uidKey], made.metadata.uid);
  const claims = JSON.parse(
    Buffer.from(text(filled['data'].token).split('.')[1] ?? '', 'base64url').toString(),
  );
  assert.deepEqual(claims, {
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/namespace': 'default',
    'kubernetes.io/serviceaccount/secret.name': 'robot-token',
    'kubernetes.io/serviceaccount/service-account.name': 'robot',
    'kubernetes.io/serviceaccount/service-account.uid': made.metadata.uid,
    sub: 'system:serviceaccount:default:robot',
  });
  // a token that is taken out is made again; one that is there stays
  await s.edit(secrets, 'robot-token', (o) => {
    o['data'] = { namespace: 'bWluZQ==', token: 'bWluZQ==' };
  });
  const again = await s.until('the CA', () => {
    const found = s.find(secrets, 'robot-token');
    return found?.['data']?.['ca.crt'] !== undefined && found;
  });
  assert.deepEqual([again['data'].namespace, again['data'].token], ['bWluZQ==', 'bWluZQ==']);
});

test('a secret goes with its account, and the account forgets a secret that goes', async () => {
  await account('brief');
  await secret('brief-token', { [nameKey]: 'brief' });
  await s.until('a token', () => s.find(secrets, 'brief-token')?.['data']?.token);
  await s.cluster.delete(secrets, 'default', 'brief-token');
  await s.until('forgotten', () => s.find(serviceAccounts, 'brief')?.['secrets'].length === 1);
  assert.deepEqual(s.find(serviceAccounts, 'brief')?.['secrets'], [{ name: 'other' }]);
  await secret('brief-again', { [nameKey]: 'brief' });
  await s.until('a token', () => s.find(secrets, 'brief-again')?.['data']?.token);
  await s.cluster.delete(serviceAccounts, 'default', 'brief');
  await s.until('gone', () => s.find(secrets, 'brief-again') === undefined);
});

test('a secret of an account that is not, or is another, is deleted', async () => {
  await account('new');
  await secret('nobody', { [nameKey]: 'nobody' });
  await secret('old', { [nameKey]: 'new', [uidKey]: 'of-the-former' });
  await s.until('gone', () => ['nobody', 'old'].every((n) => s.find(secrets, n) === undefined));
});

test('tokens are signed with every kind of key', () => {
  const keys = [
    ...['P-256', 'P-384', 'P-521'].map((namedCurve) => generateKeyPairSync('ec', { namedCurve })),
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ].map(({ privateKey }) =>
    parseSigningKey(String(privateKey.export({ type: 'pkcs8', format: 'pem' }))),
  );
  const of = { namespace: 'n', secretName: 's', serviceAccountName: 'a', serviceAccountUid: 'u' };
  for (const key of [...keys, tokenKey]) {
    const [header = '', claims = '', signature = ''] = signLegacyToken(key, of).split('.');
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
    assert.deepEqual([alg, kid], [key.algorithm, key.id]);
    const verified = verify(
      `sha${key.algorithm.slice(2)}`,
      Buffer.from(`${header}.${claims}`),
      { key: createPublicKey(key.privateKey), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    assert.ok(verified, key.algorithm);
  }
});
