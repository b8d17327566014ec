import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeUserOfClaims } from './claims.ts';
import { readAuthenticationConfiguration } from './configuration.ts';

const header = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration' };
const issuer = { url: 'https://id.example', audiences: ['kube'] };
const username = { claim: 'sub', prefix: '' };
const of = (jwt: object, more: object = {}) =>
  readAuthenticationConfiguration({ ...header, jwt: [jwt], ...more });

test('claims become a user by name and by expression', () => {
  const { jwt } = of({
    issuer,
    claimMappings: {
      username: { expression: "claims.name + '@' + claims.org" },
      groups: { expression: "claims.roles.split(',')" },
      uid: { claim: 'sub' },
      extra: [{ key: 'example.com/tenant', valueExpression: 'claims.org' }],
    },
    claimValidationRules: [
      { claim: 'hd', requiredValue: 'example' },
      { expression: 'claims.level > 1', message: 'level is too low' },
    ],
    userValidationRules: [
      { expression: "!user.username.startsWith('system:')", message: 'not a system name' },
    ],
  });
  const [first] = jwt;
  assert.ok(first !== undefined);
  const userOf = makeUserOfClaims(first);
  const claims = {
    name: 'jane',
    org: 'o',
    roles: 'a,b',
    sub: '7',
    hd: 'example',
    level: 2,
    jti: 'j',
  };
  assert.deepEqual(userOf(claims), {
    name: 'jane@o',
    groups: ['a', 'b'],
    uid: '7',
    extra: {
      'authentication.kubernetes.io/credential-id': ['JTI=j'],
      'example.com/tenant': ['o'],
    },
  });
  assert.throws(() => userOf({ ...claims, level: 1 }), /level is too low/);
  assert.throws(() => userOf({ ...claims, hd: 'x' }), /required claim hd value does not match/);
  assert.throws(() => userOf({ ...claims, name: 'system:x' }), /not a system name/);
});

test('a configuration that makes no sense is refused with its field', () => {
  const claimMappings = { username };
  const refused: [() => unknown, RegExp][] = [
    [() => readAuthenticationConfiguration({}), /expected apiserver.config.k8s.io\/v1 Authen/],
    [() => of({ issuer: {}, claimMappings }), /jwt\[0\].issuer.url: Required value/],
    [
      () => of({ issuer: { ...issuer, url: 'http://x' }, claimMappings }),
      /issuer.url: Invalid value: "http:\/\/x": URL scheme must be https/,
    ],
    [() => of({ issuer: { url: 'https://x' }, claimMappings }), /audiences: Required value/],
    [
      () => of({ issuer: { ...issuer, audiences: ['a', 'b'] }, claimMappings }),
      /audienceMatchPolicy must be MatchAny for multiple audiences/,
    ],
    [() => of({ issuer, claimMappings: {} }), /claimMappings.username: Required value/],
    [
      () => of({ issuer, claimMappings: { username: { claim: 'sub' } } }),
      /username.prefix: Required value/,
    ],
    [
      () =>
        of(
          { issuer, claimMappings },
          { anonymous: { enabled: false, conditions: [{ path: '/x' }] } },
        ),
      /enabled should be set to true when conditions are defined/,
    ],
    [
      () => of({ issuer: { ...issuer, egressSelectorType: 'cluster' }, claimMappings }),
      /egressSelectorType: not supported by this server/,
    ],
  ];
  for (const [read, words] of refused) assert.throws(read, words);
});
