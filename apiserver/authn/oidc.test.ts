import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { jwkOf, oidcOf, rsa, signToken, startIssuer, type TestIssuer } from './oidc-fixture.ts';
import type { OidcAuthenticator } from './oidc.ts';

let issuer: TestIssuer;
before(async () => {
  issuer = await startIssuer();
});
after(() => issuer.close());

const now = Math.floor(Date.now() / 1000);
const claimsOf = (more: object = {}) => ({
  iss: issuer.url,
  aud: 'me',
  sub: 'jane',
  exp: now + 600,
  ...more,
});

async function ready(oidc: OidcAuthenticator): Promise<OidcAuthenticator> {
  while (oidc.unready() !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  return oidc;
}

/** The user's name and groups, or why there is none. */
async function outcome(oidc: OidcAuthenticator, token: string): Promise<unknown> {
  try {
    const identity = await oidc.authenticateToken(token, []);
    return identity === undefined ? undefined : [identity.user.name, ...identity.user.groups];
  } catch (error) {
    return (error as Error).message;
  }
}

const algorithms = '["ES256" "ES384" "ES512" "PS256" "PS384" "PS512" "RS256" "RS384" "RS512"]';
const unsigned =
  'oidc: verify token: failed to verify signature: failed to verify id token signature';
const json = 'oidc: verify token: oidc: failed to unmarshal claims: json: cannot unmarshal';
const header = (more: object) => () => signToken(claimsOf(), { alg: 'RS256', kid: 'a', ...more });
const of = (more: object) => () => signToken(claimsOf(more));

for (const [title, token, wanted] of [
  ['as it should be', of({}), ['jane']],
  [
    'without an end',
    of({ exp: undefined }),
    /token is expired \(Token Expiry: 0001-01-01 00:00:00 \+0000 UTC\)$/,
  ],
  [
    'expired',
    of({ exp: 100 }),
    'oidc: verify token: oidc: token is expired (Token Expiry: 1970-01-01 00:01:40 +0000 UTC)',
  ],
  [
    'expired long ago and with another audience',
    of({ exp: 1, aud: 'x' }),
    'oidc: verify token: oidc: expected audience "me" got ["x"]',
  ],
  ['whose end is a text', of({ exp: String(now + 60) }), ['jane']],
  ['good within the leeway', of({ nbf: now + 50 }), ['jane']],
  [
    'not good yet',
    of({ nbf: now + 100 }),
    /^oidc: verify token: oidc: current time .* before the nbf \(not before\) time: /,
  ],
  [
    'whose audience is a number',
    of({ aud: 5 }),
    `${json} number into Go struct field idToken.aud of type []string`,
  ],
  [
    'with no text among its audiences',
    of({ aud: ['me', 3] }),
    `${json} number into Go struct field idToken.aud of type string`,
  ],
  [
    'whose subject is an object',
    of({ sub: {} }),
    `${json} object into Go struct field idToken.sub of type string`,
  ],
  [
    'without a subject',
    of({ sub: undefined }),
    'oidc: parse username claims "sub": claim not present',
  ],
  ['of an unknown key', header({ kid: 'zz' }), unsigned],
  ['that names no key', header({ kid: undefined }), ['jane']],
  [
    'without a signature',
    () => signToken(claimsOf(), { alg: 'none' }).replace(/[^.]*$/, ''),
    `oidc: verify token: oidc: id token signed with unsupported algorithm, expected ${algorithms} got "none"`,
  ],
  [
    'of a symmetric key',
    header({ alg: 'HS256' }),
    `oidc: verify token: oidc: id token signed with unsupported algorithm, expected ${algorithms} got "HS256"`,
  ],
  ['with an extension nobody knows', header({ crit: ['x'], x: 1 }), unsigned],
  [
    'whose key is a number',
    header({ kid: 5 }),
    'oidc: verify token: oidc: malformed jwt: failed to unmarshal key ID: json: cannot unmarshal number into Go value of type string: "5"',
  ],
  [
    'with padding',
    () => `${signToken(claimsOf())}==`,
    'oidc: verify token: oidc: malformed jwt: illegal base64 data at input byte 342',
  ],
  ['of another issuer', of({ iss: 'https://x' }), undefined],
  ['that is none', () => 'opaque', undefined],
  [
    'with a source that is not there',
    of({ _claim_names: { groups: 'q' } }),
    'oidc: verify token: oidc: source does not exist',
  ],
] as const) {
  test(`an ID token ${title}`, async () => {
    const oidc = await ready(oidcOf(issuer));
    const got = await outcome(oidc, token());
    oidc.close();
    if (wanted instanceof RegExp) assert.match(String(got), wanted);
    else assert.deepEqual(got, wanted);
  });
}

test('keys are asked for again when none fits, unless they may be kept', async () => {
  const own = await startIssuer();
  const second = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const claims = { iss: own.url, aud: 'me', sub: 'jane', exp: now + 60 };
  const turned = signToken(claims, { alg: 'RS256', kid: 'b' }, second);
  const serve = (headers: Record<string, string>, ...keys: object[]) =>
    own.answers.set('/keys', { headers, body: { keys } });
  const [first, other] = [jwkOf(rsa, { kid: 'a', use: 'enc' }), jwkOf(second, { kid: 'b' })];
  const oidc = await ready(oidcOf(own));
  try {
    serve({}, first);
    assert.deepEqual(await outcome(oidc, signToken(claims)), ['jane']);
    serve({ 'cache-control': 'max-age=3600' }, other);
    assert.deepEqual(await outcome(oidc, turned), ['jane']);
    serve({}, first);
    assert.equal(await outcome(oidc, signToken(claims)), unsigned, 'kept for an hour');
    assert.equal(own.asked.filter((path) => path === '/keys').length, 2);
  } finally {
    oidc.close();
    await own.close();
  }
});

test('a key set that cannot be used is told, and the keys known go on', async () => {
  const own = await startIssuer();
  const claims = { iss: own.url, aud: 'me', sub: 'jane', exp: now + 60 };
  const oidc = await ready(oidcOf(own));
  const unknown = signToken(claims, { alg: 'RS256', kid: 'zz' });
  const failed = 'oidc: verify token: failed to verify signature: fetching keys oidc:';
  try {
    assert.deepEqual(await outcome(oidc, signToken(claims)), ['jane']);
    own.answers.set('/keys', { status: 503, body: 'down' });
    assert.equal(
      await outcome(oidc, unknown),
      `${failed} get keys failed: 503 Service Unavailable down`,
    );
    // an answer without a body must not end the process
    own.answers.set('/keys', { status: 204, body: '' });
    assert.equal(await outcome(oidc, unknown), `${failed} get keys failed: 204 No Content `);
    own.answers.set('/keys', { body: { keys: [{ kty: 'odd' }] } });
    assert.equal(
      await outcome(oidc, unknown),
      `${failed} failed to decode keys: got Content-Type = application/json, but could not unmarshal as JSON: square/go-jose: unknown json web key type 'odd' {"keys":[{"kty":"odd"}]}`,
    );
    assert.deepEqual(await outcome(oidc, signToken(claims)), ['jane']);
  } finally {
    oidc.close();
    await own.close();
  }
});

test('an issuer that says it is another one is not ready', async () => {
  const own = await startIssuer();
  own.answers.set('/.well-known/openid-configuration', { body: { issuer: 'https://x' } });
  const oidc = oidcOf(own);
  try {
    while (!oidc.unready()?.includes('did not match')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(
      oidc.unready(),
      `oidc: issuer did not match the issuer returned by provider, expected "${own.url}" got "https://x"`,
    );
    const token = signToken({ iss: own.url, aud: 'me', sub: 'jane', exp: now + 60 });
    assert.equal(await outcome(oidc, token), 'oidc: authenticator not initialized');
  } finally {
    oidc.close();
    await own.close();
  }
});

test('groups that another token holds are fetched', async () => {
  const oidc = await ready(
    oidcOf(issuer, { claimMappings: { groups: { claim: 'groups', prefix: 'd:' } } }),
  );
  const from = (path: string) =>
    signToken(
      claimsOf({
        _claim_names: { groups: 's' },
        _claim_sources: { s: { endpoint: `${issuer.url}${path}`, access_token: 'tok' } },
      }),
    );
  const held = (more: object) => ({
    body: signToken({ iss: issuer.url, aud: 'me', exp: now + 60, ...more }),
  });
  issuer.answers.set('/groups', held({ groups: ['a', 'b'] }));
  issuer.answers.set('/others', held({ roles: ['a'] }));
  try {
    // who the source is has to be found out about first
    const first = `oidc: could not expand distributed claims: verifying untrusted issuer ${issuer.url} failed: verifier not initialized for issuer: "${issuer.url}"`;
    assert.equal(await outcome(oidc, from('/groups')), first);
    while ((await outcome(oidc, from('/groups'))) === first)
      await new Promise((r) => setTimeout(r, 5));
    assert.deepEqual(await outcome(oidc, from('/groups')), ['jane', 'd:a', 'd:b']);
    assert.equal(
      await outcome(oidc, from('/others')),
      `oidc: could not expand distributed claims: jwt returned by distributed claim endpoint "${issuer.url}/others" did not contain claim: groups`,
    );
    assert.equal(
      await outcome(oidc, from('/nowhere')),
      'oidc: could not expand distributed claims: while getting distributed claim "groups": error while getting distributed claim JWT: 404 Not Found',
    );
    assert.deepEqual(await outcome(oidc, signToken(claimsOf({ groups: 'c' }))), ['jane', 'd:c']);
  } finally {
    oidc.close();
  }
});
