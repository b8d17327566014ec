import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import { requestToken, reviewSelfSubject, reviewToken } from './reviews.ts';
import { makeServiceAccountIssuer } from './service-account-issuer.ts';
import { parseSigningKey } from '../../pki/token-keys.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = parseSigningKey(String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })));
const issuer = makeServiceAccountIssuer({ issuer: 'https://issuer', key: () => key });

const stored: Record<string, KubeObject> = {
  'serviceaccounts/ns/robot': {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'ns', uid: 'u1' },
  },
  'pods/ns/p': {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'ns', uid: 'u2' },
    spec: { serviceAccountName: 'robot', nodeName: 'n' },
  },
  'pods/ns/q': {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'q', namespace: 'ns', uid: 'u3' },
    spec: { serviceAccountName: 'other' },
  },
  'nodes//n': { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'u4' } },
};
const options = {
  issuer,
  apiAudiences: ['https://issuer'],
  read: async (resource: string, namespace: string, name: string) =>
    stored[`${resource}/${namespace}/${name}`],
  maxExpirationSeconds: 0,
  extendExpiration: true,
  now: () => new Date('2026-01-01T00:00:00Z'),
};
const target = { namespace: 'ns', name: 'robot' };
const ask = (spec: object): KubeObject => ({
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenRequest',
  metadata: {},
  spec,
});

test('a token request is answered with a token for what exists', async () => {
  const out = await requestToken(
    ask({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } }),
    target,
    options,
  );
  assert.equal(out.status.expirationTimestamp, '2026-01-01T01:00:00Z');
  assert.equal(out.spec.expirationSeconds, 3600);
  const claims = decodeJwt(out.status.token);
  assert.equal(claims.sub, 'system:serviceaccount:ns:robot');
  assert.deepEqual(claims['kubernetes.io'], {
    namespace: 'ns',
    node: { name: 'n', uid: 'u4' },
    pod: { name: 'p', uid: 'u2' },
    serviceaccount: { name: 'robot', uid: 'u1' },
  });
});

test('tokens of pods live longer than they say', async () => {
  const out = await requestToken(
    ask({ expirationSeconds: 3607, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } }),
    target,
    options,
  );
  const claims = decodeJwt(out.status.token);
  assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 365 * 24 * 3600);
  assert.equal(
    (claims['kubernetes.io'] as { warnafter: number }).warnafter,
    (claims.iat ?? 0) + 3607,
  );
  assert.equal(out.status.expirationTimestamp, '2026-01-01T01:00:07Z');
});

test('token requests that make no sense are refused', async () => {
  const refused = async (spec: object, code: number, pattern: RegExp) =>
    assert.rejects(requestToken(ask(spec), target, options), (error: unknown) => {
      assert.ok(error instanceof StatusError);
      assert.equal(error.code, code);
      assert.match(error.message, pattern);
      return true;
    });
  await refused(
    { expirationSeconds: 10 },
    422,
    /^TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes$/,
  );
  await refused(
    { expirationSeconds: 2 ** 33 },
    422,
    /: Invalid value: 8589934592: may not specify a duration larger than 2\^32 seconds$/,
  );
  await refused(
    { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'q' } },
    400,
    /different serviceaccount name/,
  );
  await refused(
    { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'old' } },
    409,
    /does not match the UID in record/,
  );
  await refused(
    { boundObjectRef: { kind: 'Job', apiVersion: 'batch/v1', name: 'p' } },
    400,
    /cannot bind token to object of type batch\/v1, Kind=Job/,
  );
  await refused(
    { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 's' } },
    404,
    /secrets "s" not found/,
  );
  await assert.rejects(
    requestToken(ask({}), { namespace: 'ns', name: 'x' }, options),
    /serviceaccounts "x" not found/,
  );
});

test('a token request is for the account it is sent to, and is admitted before a token is made', async () => {
  const refused = (metadata: object, message: string) =>
    assert.rejects(requestToken({ ...ask({}), metadata }, target, options), { message });
  await refused(
    { name: 'other' },
    'TokenRequest.authentication.k8s.io "robot" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified',
  );
  await refused(
    { name: 'robot', uid: 'u0' },
    'Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "robot": the UID in the token request (u0) does not match the UID of the service account (u1)',
  );
  const seen: KubeObject[] = [];
  const warned: string[] = [];
  const noted: string[] = [];
  const sent = ask({ expirationSeconds: 7200 });
  const out = await requestToken(sent, target, {
    ...options,
    maxExpirationSeconds: 3600,
    admit: async () => void seen.push(structuredClone(sent)),
    warn: (text) => warned.push(text),
    annotate: (key, value) => noted.push(`${key}: ${value}`),
  });
  assert.deepEqual(seen[0]?.metadata, {
    name: 'robot',
    namespace: 'ns',
    uid: 'u1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  });
  assert.deepEqual(seen[0]?.['spec'], {
    audiences: ['https://issuer'],
    expirationSeconds: 7200,
  });
  assert.equal(out.spec.expirationSeconds, 3600);
  assert.deepEqual(warned, ['requested expiration of 7200 seconds shortened to 3600 seconds']);
  const { jti } = decodeJwt(out.status.token);
  assert.deepEqual(noted, [`authentication.kubernetes.io/issued-credential-id: JTI=${jti}`]);
});

test('token and self reviews tell who', async () => {
  const tokens = {
    name: 't',
    authenticateToken: (token: string) => {
      if (token === 'late') throw new Error('service account token has expired');
      return token === 'good' ? { user: { name: 'a', groups: [] }, audiences: ['api'] } : undefined;
    },
  };
  const review = async (token: string) =>
    (
      await reviewToken(
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          metadata: {},
          spec: { token },
        },
        { tokens, apiAudiences: ['api'] },
      )
    ).status;
  assert.deepEqual(await review('good'), {
    authenticated: true,
    user: { username: 'a', groups: ['system:authenticated'] },
    audiences: ['api'],
  });
  assert.equal((await review('bad')).error, 'invalid bearer token');
  assert.equal(
    (await review('late')).error,
    '[invalid bearer token, service account token has expired]',
  );
  await assert.rejects(review(''), /token is required/);
  const self = reviewSelfSubject(
    { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} },
    { name: 'a', uid: '1', groups: ['g'] },
  );
  assert.deepEqual(self.status, { userInfo: { username: 'a', uid: '1', groups: ['g'] } });
});
