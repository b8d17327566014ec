import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exportJWK, SignJWT } from 'jose';
import { issueAuthority, issueCertificate } from '../pki/certificate.ts';
import { ApiClient } from './verbs/api-client.ts';

/**
 * The flags that send the server to others: an issuer of ID tokens and webhooks for tokens,
 * authorization and audit, played by one HTTPS server with a CA of its own.
 */
const folder = mkdtempSync(join(tmpdir(), 'quorate-outside-'));
const path = (name: string): string => join(folder, name);
const idp = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...(await exportJWK(idp.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
let outside: Server;
let url = '';
// oxlint-disable-next-line no-explicit-any -- bodies of many kinds
const sent: { at: string; body: any; authorization: string | undefined }[] = [];
let eventsCame: () => void = () => {};

function answer(at: string, body: { spec: { token?: string; user?: string } }): unknown {
  switch (at) {
    case '/.well-known/openid-configuration':
      return { issuer: url, jwks_uri: `${url}/keys` };
    case '/keys':
      return { keys: [jwk] };
    case '/tokens':
      return {
        status: { authenticated: body.spec.token === 'opaque', user: { username: 'hooked' } },
      };
    case '/access':
      return { status: { allowed: body.spec.user === 'hooked', reason: 'the hook says so' } };
    default:
      eventsCame();
      return {};
  }
}

function kubeconfig(name: string, at: string, ca: string): string {
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'c',
        cluster: {
          server: `${url}${at}`,
          'certificate-authority-data': Buffer.from(ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'u', user: { token: 'of-the-server' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(path(name), JSON.stringify(content));
  return path(name);
}

before(async () => {
  const authority = await issueAuthority({ commonName: 'outside', durationMs: 3_600_000 });
  const leaf = await issueCertificate(authority, {
    subject: { commonName: 'server' },
    names: { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] },
    usages: ['server auth'],
    durationMs: 3_600_000,
  });
  const identity = { cert: leaf.certificatePem, key: leaf.privateKeyPem };
  outside = createServer(identity, (request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => {
      text += part.toString();
    });
    request.on('end', () => {
      const [at = ''] = (request.url ?? '').split('?', 1);
      const body = text === '' ? {} : JSON.parse(text);
      sent.push({ at, body, authorization: request.headers.authorization });
      response.end(JSON.stringify(answer(at, body)));
    });
  }).listen(0, '127.0.0.1');
  await once(outside, 'listening');
  url = `https://127.0.0.1:${(outside.address() as AddressInfo).port}`;
  writeFileSync(path('ca.crt'), authority.certificatePem);
  for (const hook of ['tokens', 'access', 'events']) {
    kubeconfig(`${hook}.kubeconfig`, `/${hook}`, authority.certificatePem);
  }
});
after(() => {
  outside.closeAllConnections();
  outside.close();
  rmSync(folder, { recursive: true, force: true });
});

async function withServer(
  flags: Record<string, string>,
  use: (api: ApiClient) => Promise<void>,
): Promise<void> {
  const api = await ApiClient.start({ flags });
  try {
    await use(api);
  } finally {
    await api.stop();
  }
}

const idToken = (claims: object, audience = 'kube'): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .setIssuer(url)
    .setAudience(audience)
    .setSubject('7')
    .setExpirationTime('1h')
    .sign(idp.privateKey);

const asBearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const reviewPath = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

async function whoIs(api: ApiClient, token: string) {
  const reply = await api.create(reviewPath, review, asBearer(token));
  return { code: reply.code, user: reply.body.status?.userInfo, text: reply.text };
}

test('--oidc-*: tokens of an issuer behind its own CA', async () => {
  const flags = {
    'oidc-issuer-url': url,
    'oidc-client-id': 'kube',
    'oidc-ca-file': path('ca.crt'),
    'oidc-username-claim': 'email',
    'oidc-groups-claim': 'groups',
    'oidc-groups-prefix': 'id:',
    'oidc-required-claim': 'hd=example',
    'authorization-mode': 'AlwaysAllow',
  };
  await withServer(flags, async (api) => {
    const claims = { email: 'jane@example', groups: ['dev'], hd: 'example' };
    const jane = await whoIs(api, await idToken(claims));
    assert.deepEqual(
      [jane.user?.username, jane.user?.groups],
      ['jane@example', ['id:dev', 'system:authenticated']],
      jane.text,
    );
    assert.equal((await whoIs(api, await idToken({ ...claims, hd: 'x' }))).code, 401);
    assert.equal((await whoIs(api, await idToken(claims, 'other'))).code, 401);
  });
});

test('--authentication-config: issuers, expressions, anonymous by path, and a change of it', async () => {
  const file = path('authentication.yaml');
  const ca = readFileSync(path('ca.crt'), 'utf8');
  const config = (prefix: string) =>
    JSON.stringify({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthenticationConfiguration',
      jwt: [
        {
          issuer: {
            url,
            audiences: ['a', 'kube'],
            audienceMatchPolicy: 'MatchAny',
            certificateAuthority: ca,
          },
          claimMappings: { username: { expression: `'${prefix}' + claims.sub` } },
        },
      ],
      anonymous: { enabled: true, conditions: [{ path: '/livez' }] },
    });
  writeFileSync(file, config('one-'));
  const flags = { 'authentication-config': file, 'authorization-mode': 'AlwaysAllow' };
  await withServer(flags, async (api) => {
    const token = await idToken({});
    assert.equal((await whoIs(api, token)).user?.username, 'one-7');
    const nobody = { headers: { authorization: '' } };
    assert.equal((await api.get('/livez', nobody)).code, 200);
    assert.equal((await api.get('/version', nobody)).code, 401);
    writeFileSync(file, config('two-'));
    for (let user = ''; user !== 'two-7'; ) user = (await whoIs(api, token)).user?.username;
  });
  await assert.rejects(
    withServer({ ...flags, 'anonymous-auth': 'true' }, async () => {}),
    /--anonymous-auth flag cannot be set when anonymous field is configured/,
  );
});

test('webhooks: who it is, whether they may, and what they did', async () => {
  writeFileSync(
    path('policy.yaml'),
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n',
  );
  const flags = {
    'authentication-token-webhook-config-file': path('tokens.kubeconfig'),
    'authentication-token-webhook-version': 'v1',
    'authorization-mode': 'Webhook',
    'authorization-webhook-config-file': path('access.kubeconfig'),
    'audit-policy-file': path('policy.yaml'),
    'audit-webhook-config-file': path('events.kubeconfig'),
    'audit-webhook-batch-max-size': '1',
  };
  await withServer(flags, async (api) => {
    const came = new Promise<void>((resolve) => {
      eventsCame = resolve;
    });
    const read = await api.get('/api/v1/namespaces/default', asBearer('opaque'));
    assert.equal(read.code, 200, read.text);
    const other = await api.get('/api/v1/namespaces/default', { headers: { authorization: '' } });
    assert.equal(other.code, 403);
    assert.match(other.body.message, /: the hook says so$/);
    assert.equal((await api.get('/version', asBearer('unknown'))).code, 401);
    const rules = await api.create('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: 'default' },
    });
    assert.equal(
      rules.body.status.evaluationError,
      'webhook authorizer does not support user rule resolution',
    );
    await came;
  });
  const first = (at: string) => sent.find((one) => one.at === at);
  assert.deepEqual(first('/tokens')?.body.spec.token, 'opaque');
  assert.equal(first('/tokens')?.body.apiVersion, 'authentication.k8s.io/v1');
  assert.equal(first('/tokens')?.authorization, 'Bearer of-the-server');
  const asked = sent.find(({ at, body }) => at === '/access' && body.spec.user === 'hooked');
  assert.equal(asked?.body.apiVersion, 'authorization.k8s.io/v1beta1');
  assert.equal(asked?.body.spec.resourceAttributes.name, 'default');
  const unknown = sent.find(
    ({ at, body }) => at === '/events' && body.items[0].responseStatus?.code === 401,
  );
  assert.equal(unknown?.body.items[0].responseStatus.message, 'Unauthorized');
  const event = sent.find(
    ({ at, body }) => at === '/events' && body.items[0].user.username === 'hooked',
  );
  assert.equal(event?.body.items[0].requestURI, '/api/v1/namespaces/default');
});

test('--authorization-config: the chain of a file, and a change of it', async () => {
  const file = path('authorization.yaml');
  const config = (...authorizers: object[]) =>
    JSON.stringify({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthorizationConfiguration',
      authorizers,
    });
  const hook = {
    type: 'Webhook',
    name: 'hook',
    webhook: {
      timeout: '3s',
      subjectAccessReviewVersion: 'v1',
      matchConditionSubjectAccessReviewVersion: 'v1',
      failurePolicy: 'Deny',
      connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: path('access.kubeconfig') },
      matchConditions: [{ expression: "request.user == 'hooked'" }],
    },
  };
  writeFileSync(file, config(hook));
  const flags = {
    'authorization-config': file,
    'authentication-token-webhook-config-file': path('tokens.kubeconfig'),
  };
  await withServer(flags, async (api) => {
    assert.equal((await api.get('/version', asBearer('opaque'))).code, 200);
    const nobody = { headers: { authorization: '' } };
    assert.equal((await api.get('/version', nobody)).code, 403);
    writeFileSync(file, config({ type: 'AlwaysAllow', name: 'alwaysallow' }));
    for (let code = 403; code !== 200; ) code = (await api.get('/version', nobody)).code;
    const { text } = await api.get('/metrics');
    for (const line of [
      'apiserver_authorization_decisions_total{decision="allowed",name="hook",type="Webhook"} 1',
      'apiserver_authorization_webhook_evaluations_total{name="hook",result="success"} 1',
      'apiserver_authorization_match_condition_exclusions_total{name="hook",type="Webhook"} ',
      'apiserver_authorization_config_controller_automatic_reloads_total{apiserver_id_hash="sha256:',
    ]) {
      assert.ok(text.includes(line), line);
    }
  });
});

test('--authorization-mode=ABAC', async () => {
  writeFileSync(
    path('abac.jsonl'),
    '{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"hooked","nonResourcePath":"/version"}}\n',
  );
  const flags = {
    'authorization-mode': 'ABAC',
    'authorization-policy-file': path('abac.jsonl'),
    'authentication-token-webhook-config-file': path('tokens.kubeconfig'),
  };
  await withServer(flags, async (api) => {
    assert.equal((await api.get('/version', asBearer('opaque'))).code, 200);
    assert.equal((await api.get('/api', asBearer('opaque'))).code, 403);
  });
});
