import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { MemoryListers } from '../watch/memory-lister.ts';
import { makeServiceAccount } from './service-account.ts';
import { makeBoundClaims } from './service-account-claims.ts';
import {
  jsonWebKeySet,
  makeServiceAccountIssuer,
  openIdConfiguration,
} from './service-account-issuer.ts';
import { signLegacyToken } from '../../pki/legacy-token.ts';
import { parseSigningKey, parseVerificationKeys } from '../../pki/token-keys.ts';
import { notesOf } from './service-account-notes.ts';

const issuer = 'https://kubernetes.default.svc';
const rsa = pem('rsa');
const ec = pem('ec');

function pem(kind: 'rsa' | 'ec'): string {
  const pair =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

function object(kind: string, name: string, more: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'ns', uid: `uid-${name}` },
    ...more,
  };
}

function world(signing = rsa, accepted = [rsa]) {
  const listers = new MemoryListers();
  const kinds = {
    serviceAccounts: listers.lister('', 'serviceaccounts'),
    pods: listers.lister('', 'pods'),
    secrets: listers.lister('', 'secrets'),
    nodes: listers.lister('', 'nodes'),
  };
  const account = object('ServiceAccount', 'robot');
  kinds.serviceAccounts.put(account);
  let keys = accepted.flatMap(parseVerificationKeys);
  const clock = { now: Date.now() };
  const verifier = makeServiceAccount({
    keys: () => keys,
    issuers: [issuer],
    apiAudiences: ['api'],
    listers: kinds,
    now: () => clock.now,
  });
  const signer = makeServiceAccountIssuer({ issuer, key: () => parseSigningKey(signing) });
  return {
    ...kinds,
    account,
    verifier,
    signer,
    key: parseSigningKey(signing),
    clock,
    replaceKeys(next: string[]) {
      keys = next.flatMap(parseVerificationKeys);
    },
  };
}

function sign(
  w: ReturnType<typeof world>,
  options: { pod?: KubeObject; audiences?: string[]; seconds?: number } = {},
) {
  const issuedAt = Math.floor(Date.now() / 1000);
  return w.signer.sign({
    subject: 'system:serviceaccount:ns:robot',
    id: '1',
    audiences: options.audiences ?? ['api'],
    claims: makeBoundClaims({ account: w.account, pod: options.pod }),
    issuedAt,
    expires: issuedAt + (options.seconds ?? 600),
  });
}

for (const [kind, key] of [
  ['RSA', rsa],
  ['ECDSA', ec],
] as const) {
  test(`a token signed with ${kind} is accepted and says who and what`, async () => {
    const w = world(key, [rsa, ec]);
    const pod = object('Pod', 'p');
    w.pods.put(pod);
    const identity = await w.verifier.authenticateToken(await sign(w, { pod }), []);
    assert.equal(identity?.user.name, 'system:serviceaccount:ns:robot');
    assert.equal(identity?.user.uid, 'uid-robot');
    assert.deepEqual(identity?.user.groups, [
      'system:serviceaccounts',
      'system:serviceaccounts:ns',
    ]);
    const extra = identity?.user.extra ?? {};
    assert.deepEqual(extra['authentication.kubernetes.io/pod-name'], ['p']);
    assert.match(String(extra['authentication.kubernetes.io/credential-id']), /^JTI=/);
  });
}

test('the second time nothing is verified but what it is bound to still is', async () => {
  const w = world();
  const pod = object('Pod', 'p');
  w.pods.put(pod);
  const token = await sign(w, { pod });
  const first = await w.verifier.authenticateToken(token, []);
  const second = w.verifier.authenticateToken(token, []);
  assert.ok(!(second instanceof Promise), 'answered at once');
  assert.equal(second?.user, first?.user);
  w.pods.remove('ns', 'p');
  assert.throws(() => w.verifier.authenticateToken(token, []), /has been invalidated/);
  w.pods.put({ ...pod, metadata: { ...pod.metadata, uid: 'another' } });
  assert.throws(() => w.verifier.authenticateToken(token, []), /does not match/);
  w.pods.put(pod);
  w.serviceAccounts.remove('ns', 'robot');
  assert.throws(() => w.verifier.authenticateToken(token, []), /"robot" not found/);
});

test('expired, foreign key, withdrawn key, foreign audience', async () => {
  const w = world();
  const token = await sign(w);
  await w.verifier.authenticateToken(token, []);
  await assert.rejects(
    async () => w.verifier.authenticateToken(await sign(w), ['elsewhere']),
    /audiences/,
  );
  w.clock.now += 600_000 + 61_000;
  await assert.rejects(async () => w.verifier.authenticateToken(token, []), /has expired/);
  w.clock.now = Date.now();
  w.replaceKeys([ec]);
  await assert.rejects(async () => w.verifier.authenticateToken(token, []));
  w.replaceKeys([ec, rsa]);
  assert.ok(await w.verifier.authenticateToken(token, []));
  assert.equal(await w.verifier.authenticateToken('a.b.c', []), undefined);
  assert.equal(await w.verifier.authenticateToken('opaque', []), undefined);
});

test('a legacy token lives as long as its secret holds it', async () => {
  const w = world();
  const token = signLegacyToken(w.key, {
    namespace: 'ns',
    serviceAccountName: 'robot',
    serviceAccountUid: 'uid-robot',
    secretName: 's',
  });
  await assert.rejects(async () => w.verifier.authenticateToken(token, []), /invalidated/);
  const secret = object('Secret', 's', { data: { token: Buffer.from(token).toString('base64') } });
  w.secrets.put(secret);
  assert.equal((await w.verifier.authenticateToken(token, []))?.user.uid, 'uid-robot');
  w.secrets.put({
    ...secret,
    metadata: {
      ...secret.metadata,
      labels: { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' },
    },
  });
  assert.throws(() => w.verifier.authenticateToken(token, []), /marked invalid/);
  w.secrets.put({ ...secret, data: { token: 'b3RoZXI=' } });
  assert.throws(() => w.verifier.authenticateToken(token, []), /server's copy/);
});

test('discovery publishes the keys by the names tokens use', async () => {
  const keys = [rsa, ec, rsa].flatMap(parseVerificationKeys);
  const set = await jsonWebKeySet(keys.slice(0, 2));
  assert.deepEqual(
    set.keys.map((key) => [key.kid, key.alg, key.kty, key.d]),
    [
      [keys[0]?.id, 'RS256', 'RSA', undefined],
      [keys[1]?.id, 'ES256', 'EC', undefined],
    ],
  );
  const document = openIdConfiguration({ issuer, jwksUri: `${issuer}/openid/v1/jwks`, keys });
  assert.deepEqual(document.id_token_signing_alg_values_supported, ['ES256', 'RS256']);
});

test('for whom a token is comes before when it is good', async () => {
  const w = world();
  const token = await sign(w, { audiences: ['a', 'b'] });
  w.clock.now += 3_600_000;
  await assert.rejects(async () => w.verifier.authenticateToken(token, ['c', 'd']), {
    message: 'token audiences ["a" "b"] is invalid for the target audiences ["c" "d"]',
  });
  await assert.rejects(async () => w.verifier.authenticateToken(token, ['a']), {
    message: 'service account token has expired',
  });
  w.clock.now -= 2 * 3_600_000;
  await assert.rejects(async () => w.verifier.authenticateToken(await sign(w), ['api']), {
    message: 'service account token is not valid yet',
  });
});

test('a token that should have been renewed is told of, and counted once in ten seconds', () => {
  const claims = { iss: issuer, sub: 'me', aud: ['api'] };
  const bound = { namespace: 'ns', serviceaccount: { name: 'robot', uid: 'u' }, warnafter: 100 };
  const counted: string[] = [];
  const count = {
    stale: () => void counted.push('stale'),
    valid: () => void counted.push('valid'),
    legacy: () => void counted.push('legacy'),
    secret: (kind: string) => void counted.push(kind),
  };
  assert.equal(notesOf({ ...claims, bound }, undefined, 100_000, count), undefined);
  assert.deepEqual(notesOf({ ...claims, bound }, undefined, 103_500, count)?.annotations, {
    'authentication.k8s.io/stale-token': 'subject: me, seconds after warning threshold: 3',
  });
  notesOf({ ...claims, bound }, undefined, 103_500, undefined);
  assert.deepEqual(counted, ['valid', 'stale']);
});
