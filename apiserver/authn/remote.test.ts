import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import type { RequestContext } from '../context.ts';
import { X509Certificate } from 'node:crypto';
import { parseCertificates } from './certificate-chain.ts';
import { makeFrontProxy } from './front-proxy.ts';
import { tokensInOrder } from './bearer-token.ts';
import { cacheTokens, TokenCache } from './token-cache.ts';
import { makeTokenWebhook } from './token-webhook.ts';

const day = 86_400_000;
const proxies = await issueAuthority({ commonName: 'proxies', durationMs: day });
const proxy = await issueCertificate(proxies, {
  subject: { commonName: 'front' },
  usages: ['client auth'],
  durationMs: day,
});
const stranger = await issueCertificate(
  await issueAuthority({ commonName: 'x', durationMs: day }),
  { subject: { commonName: 'front' }, usages: ['client auth'], durationMs: day },
);

function proxied(certificate: string | undefined, ...rawHeaders: string[]): RequestContext {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2)
    headers[(rawHeaders[i] as string).toLowerCase()] = rawHeaders[i + 1] as string;
  const leaf = certificate === undefined ? undefined : new X509Certificate(certificate);
  return {
    headers,
    exchange: { rawHeaders },
    socket: { getPeerX509Certificate: () => leaf },
  } as unknown as RequestContext;
}

test('a proxy is believed by its certificate, and its headers go no further', () => {
  const authorities = parseCertificates(proxies.certificatePem);
  const make = (allowedNames: string[]) =>
    makeFrontProxy({
      authorities: () => authorities,
      allowedNames,
      usernameHeaders: ['X-Remote-User'],
      uidHeaders: ['X-Remote-Uid'],
      groupHeaders: ['X-Remote-Group'],
      extraHeaderPrefixes: ['X-Remote-Extra-'],
    });
  const headers = [
    'X-Remote-User',
    'jane',
    'X-Remote-Group',
    'a',
    'X-Remote-Group',
    'b',
    'X-Remote-Extra-Scopes',
    's',
    'Accept',
    '*',
  ];
  const context = proxied(proxy.certificatePem, ...headers);
  assert.deepEqual(make(['front']).authenticate(context), {
    name: 'jane',
    groups: ['a', 'b'],
    extra: { scopes: ['s'] },
  });
  assert.deepEqual(Object.keys(context.headers), ['accept']);
  assert.equal(make([]).authenticate(proxied(undefined, ...headers)), undefined);
  assert.equal(make([]).authenticate(proxied(proxy.certificatePem, 'Accept', '*')), undefined);
  const several = ['X-Remote-User', '', 'X-Remote-Other', 'joe', 'X-Remote-Group', ''];
  const other = makeFrontProxy({
    authorities: () => authorities,
    allowedNames: [],
    usernameHeaders: ['X-Remote-User', 'X-Remote-Other'],
    uidHeaders: [],
    groupHeaders: ['X-Remote-Group'],
    extraHeaderPrefixes: [],
  });
  assert.deepEqual(other.authenticate(proxied(proxy.certificatePem, ...several)), {
    name: 'joe',
    groups: [],
    extra: {},
  });
  assert.throws(
    () => make(['other']).authenticate(proxied(proxy.certificatePem, ...headers)),
    /cn=front is not in the allowed list/,
  );
  assert.throws(
    () => make([]).authenticate(proxied(stranger.certificatePem, ...headers)),
    /unknown authority/,
  );
});

test('a token webhook is asked once for as long as its answer counts', async () => {
  let asked = 0;
  let now = 0;
  const webhook = makeTokenWebhook({
    version: 'v1',
    apiAudiences: ['api'],
    post: async (body) => {
      asked++;
      const { token } = (body as { spec: { token: string } }).spec;
      if (token === 'odd') return { status: { error: 'who knows' } };
      return {
        status: { authenticated: token === 'good', user: { username: 'jane', groups: ['g'] } },
      };
    },
  });
  const tokens = cacheTokens(webhook, { successTtlMs: 10, now: () => now });
  const [first, second] = await Promise.all([
    tokens.authenticateToken('good', []),
    tokens.authenticateToken('good', []),
  ]);
  assert.deepEqual(first, { user: { name: 'jane', groups: ['g'] }, audiences: ['api'] });
  assert.equal(first, second);
  assert.equal(asked, 1, 'asked together');
  assert.ok(!(tokens.authenticateToken('good', []) instanceof Promise), 'remembered');
  now = 11;
  await tokens.authenticateToken('good', []);
  assert.equal(asked, 2);
  assert.equal(await tokens.authenticateToken('bad', []), undefined);
  await assert.rejects(async () => tokens.authenticateToken('odd', []), /who knows/);
  assert.equal(
    await tokens.authenticateToken('good', ['elsewhere']),
    undefined,
    'not for another audience',
  );
});

test('a token that a webhook does not know is not asked about again at once', async () => {
  let asked = 0;
  let now = 0;
  const inner = {
    name: 'webhook',
    async authenticateToken(token: string) {
      asked++;
      if (token === 'odd') throw new Error('who knows');
      return undefined;
    },
  };
  const tokens = cacheTokens(inner, { successTtlMs: 10, failureTtlMs: 10, now: () => now });
  const ask = async (token: string) => tokens.authenticateToken(token, []);
  assert.equal(await ask('bad'), undefined);
  assert.equal(await ask('bad'), undefined);
  assert.equal(asked, 1);
  now = 11;
  await ask('bad');
  assert.equal(asked, 2);
  await assert.rejects(ask('odd'), /who knows/);
  await assert.rejects(ask('odd'), /who knows/);
  assert.equal(asked, 4, 'an error is not remembered');
});

test('what went wrong with each authenticator of tokens is told', () => {
  const failing = (...messages: string[]) =>
    messages.map((message) => ({
      name: 'x',
      authenticateToken: () => {
        throw new Error(message);
      },
    }));
  const told = (...messages: string[]) => {
    try {
      void tokensInOrder(failing(...messages)).authenticateToken('t', []);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };
  assert.equal(told('a'), 'a');
  assert.equal(told('a', 'b', 'a'), '[a, b]');
});

test('the cache holds so many and forgets what was least used', () => {
  const cache = new TokenCache<number>({ max: 2, now: () => 0 });
  cache.set('a', 1, 10);
  cache.set('b', 2, 10);
  cache.get('a');
  cache.set('c', 3, 10);
  assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], [1, undefined, 3]);
});
