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

/** Why the claims make no user, or the user. */
function userOf(jwt: object, claims: Record<string, unknown>): unknown {
  const [first] = of({ issuer, ...jwt }).jwt;
  assert.ok(first !== undefined);
  try {
    return makeUserOfClaims(first)(claims);
  } catch (error) {
    return (error as Error).message;
  }
}

const mapping = (more: object) => ({ claimMappings: { username, ...more } });
const email = mapping({ username: { claim: 'email', prefix: '' } });
const groups = mapping({ groups: { claim: 'g', prefix: 'p:' } });
const groupsIn = mapping({ groups: { expression: 'claims.g' } });
const named = (expression: string) => mapping({ username: { expression } });
const rule = (...claimValidationRules: object[]) => ({ ...mapping({}), claimValidationRules });
const notText = 'expression must return a string or a list of strings';

for (const [title, jwt, claims, wanted] of [
  [
    'an address not verified',
    email,
    { email: 'a', email_verified: false },
    'oidc: email not verified',
  ],
  [
    'an address verified in words',
    email,
    { email: 'a', email_verified: 'true' },
    "oidc: parse 'email_verified' claim: json: cannot unmarshal string into Go value of type bool",
  ],
  ['an address nobody says is verified', email, { email: 'a' }, { name: 'a', groups: [] }],
  ['an empty name', mapping({}), { sub: '' }, { name: '', groups: [] }],
  [
    'an empty name that is made',
    named('claims.u'),
    { u: '' },
    'oidc: empty username via CEL expression is not allowed',
  ],
  [
    'a name that is no text',
    named('claims.u'),
    { u: 5 },
    'oidc: error evaluating username claim expression: username claim expression must return a string',
  ],
  [
    'no name',
    named('claims.u'),
    {},
    "oidc: error evaluating username claim expression: expression 'claims.u' resulted in error: no such key: u",
  ],
  ['a name behind a dot', named('claims.x__dot__y'), { 'x.y': 'u' }, { name: 'u', groups: [] }],
  ['a whole number', named('string(claims.n / 2.0)'), { n: 5 }, { name: '2.5', groups: [] }],
  ['one group', groups, { sub: 'u', g: 'a' }, { name: 'u', groups: ['p:a'] }],
  [
    'groups that are none',
    groups,
    { sub: 'u', g: [5] },
    'oidc: parse groups claim "g": json: cannot unmarshal array into Go value of type string',
  ],
  [
    'groups with an empty one',
    groups,
    { sub: 'u', g: ['', 'a'] },
    { name: 'u', groups: ['p:', 'p:a'] },
  ],
  [
    'made groups with an empty one',
    groupsIn,
    { sub: 'u', g: ['', 'a'] },
    { name: 'u', groups: ['a'] },
  ],
  [
    'made groups that are none',
    groupsIn,
    { sub: 'u', g: ['a', 5] },
    `oidc: error evaluating group claim expression: ${notText}`,
  ],
  [
    'a required claim that is a number',
    rule({ claim: 'hd', requiredValue: 'x' }),
    { sub: 'u', hd: 5 },
    'oidc: parse claim hd: json: cannot unmarshal number into Go value of type string',
  ],
  [
    'a required claim with another value',
    rule({ claim: 'hd', requiredValue: 'x' }),
    { sub: 'u', hd: 'y' },
    'oidc: required claim hd value does not match. Got = y, want = x',
  ],
  [
    'a rule without a message',
    rule({ expression: 'claims.a == "x"' }),
    { sub: 'u', a: 'y' },
    `oidc: error evaluating claim validation expression: validation expression 'claims.a == "x"' failed: `,
  ],
  [
    'a token without an ID of its own',
    mapping({}),
    { sub: 'u', jti: 5 },
    { name: 'u', groups: [] },
  ],
] as const) {
  test(`claims: ${title}`, () => {
    assert.deepEqual(userOf(jwt, claims), wanted);
  });
}

const sub = { claimMappings: { username } };
const withIssuer = (more: object) => of({ issuer: { ...issuer, ...more }, ...sub });
const withMappings = (more: object) => of({ issuer, claimMappings: { username, ...more } });

for (const [title, read, message] of [
  [
    'an unknown field',
    () => of({ issuer: { ...issuer, url2: '' }, ...sub, more: 1 }),
    'strict decoding error: unknown field "jwt[0].issuer.url2", unknown field "jwt[0].more"',
  ],
  [
    'nothing at all',
    () => of({}),
    '[jwt[0].issuer.url: Required value, jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required, jwt[0].claimMappings.username: Required value: claim or expression is required]',
  ],
  [
    'a URL with everything wrong',
    () => withIssuer({ url: 'http://me@id.example?a#b' }),
    `[${['URL scheme must be https', 'URL must not contain a username or password', 'URL must not contain a query', 'URL must not contain a fragment'].map((text) => `jwt[0].issuer.url: Invalid value: "http://me@id.example?a#b": ${text}`).join(', ')}]`,
  ],
  [
    'a URL that is none',
    () => withIssuer({ url: 'https://id.example/%zz' }),
    'jwt[0].issuer.url: Invalid value: "https://id.example/%zz": parse "https://id.example/%zz": invalid URL escape "%zz"',
  ],
  [
    'the server itself as issuer',
    () => readAuthenticationConfiguration({ ...header, jwt: [{ issuer, ...sub }] }, [issuer.url]),
    'jwt[0].issuer.url: Invalid value: "https://id.example": URL must not overlap with disallowed issuers: [https://id.example]',
  ],
  [
    'a place of discovery that is the issuer',
    () => withIssuer({ discoveryURL: 'https://id.example/' }),
    'jwt[0].issuer.discoveryURL: Invalid value: "https://id.example/": discoveryURL must be different from URL',
  ],
  [
    'audiences',
    () => withIssuer({ audiences: ['a', 'a', ''] }),
    '[jwt[0].issuer.audiences[1]: Duplicate value: "a", jwt[0].issuer.audiences[2]: Required value, jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences]',
  ],
  [
    'a policy for one audience',
    () => withIssuer({ audienceMatchPolicy: 'MatchAll' }),
    'jwt[0].issuer.audienceMatchPolicy: Invalid value: "MatchAll": audienceMatchPolicy must be empty or MatchAny for single audience',
  ],
  [
    'an authority that is none',
    () => withIssuer({ certificateAuthority: 'x' }),
    'jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates',
  ],
  [
    'a way out that is none',
    () => withIssuer({ egressSelectorType: 'etcd' }),
    'jwt[0].issuer.egressSelectorType: Invalid value: "etcd": egress selector must be either controlplane or cluster',
  ],
  [
    'a way out that is not here',
    () => withIssuer({ egressSelectorType: 'cluster' }),
    'jwt[0].issuer.egressSelectorType: not supported by this server',
  ],
  [
    'rules for claims',
    () =>
      of({
        issuer,
        ...sub,
        claimValidationRules: [
          { claim: 'a', expression: 'true' },
          {},
          { claim: 'a', message: 'm' },
          { claim: 'a' },
          { expression: 'true', requiredValue: 'r' },
          { expression: 'true' },
          { expression: "'x'" },
        ],
      }),
    `[${[
      `[0]: Invalid value: "a": claim and expression can't both be set`,
      '[1]: Required value: claim or expression is required',
      '[2].message: Invalid value: "m": may not be specified when claim is set',
      '[3].claim: Duplicate value: "a"',
      '[4].requiredValue: Invalid value: "r": may not be specified when expression is set',
      '[5].expression: Duplicate value: "true"',
      `[6].expression: Invalid value: "'x'": must evaluate to bool`,
    ]
      .map((text) => `jwt[0].claimValidationRules${text}`)
      .join(', ')}]`,
  ],
  [
    'mappings of names and groups',
    () =>
      withMappings({
        username: { claim: 'a' },
        groups: { expression: 'claims.g', prefix: '' },
        uid: { claim: 'a', expression: 'b' },
      }),
    `[jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing, jwt[0].claimMappings.groups.prefix: Invalid value: "": may not be specified when expression is set, jwt[0].claimMappings.uid: Invalid value: "": claim and expression can't both be set]`,
  ],
  [
    'an e-mail address that nobody has verified',
    () => withMappings({ username: { expression: 'claims.email' } }),
    'jwt[0].claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
  ],
  [
    'more about a user',
    () =>
      withMappings({
        extra: [
          { key: 'a', valueExpression: "'x'" },
          { key: 'A.io/b', valueExpression: "'x'" },
          { key: 'sub.k8s.io/b', valueExpression: "'x'" },
          { key: 'b.io/b' },
          { key: 'b.io/b' },
        ],
      }),
    /^\[jwt\[0\]\.claimMappings\.extra\[0\]\.key: Invalid value: "a": must be a domain-prefixed path \(such as "acme\.io\/foo"\), .*extra\[1\]\.key: Invalid value: "A\.io": .*extra\[1\]\.key: Invalid value: "A\.io\/b": must be lowercase, .*extra\[2\]\.key: Invalid value: "sub\.k8s\.io\/b": k8s\.io, kubernetes\.io and their subdomains are reserved for Kubernetes use, .*extra\[3\]\.valueExpression: Required value, .*extra\[4\]\.key: Duplicate value: "b\.io\/b"\]$/,
  ],
  [
    'rules for users, which have types',
    () =>
      of({
        issuer,
        ...sub,
        userValidationRules: [
          {},
          { expression: 'user.name == "x"' },
          { expression: 'true' },
          { expression: 'true' },
        ],
      }),
    /^\[jwt\[0\]\.userValidationRules\[0\]\.expression: Required value, .*\[1\]\.expression: Invalid value: "user\.name == \\"x\\"": compilation failed: ERROR: <input>:1:5: undefined field 'name'.*\[3\]\.expression: Duplicate value: "true"\]$/s,
  ],
  [
    'one issuer twice',
    () =>
      readAuthenticationConfiguration({
        ...header,
        jwt: [
          { issuer: { ...issuer, discoveryURL: 'https://d' }, ...sub },
          { issuer: { ...issuer, discoveryURL: 'https://d' }, ...sub },
        ],
      }),
    '[jwt[1].issuer.url: Duplicate value: "https://id.example", jwt[1].issuer.discoveryURL: Duplicate value: "https://d"]',
  ],
  [
    'conditions for nobody',
    () => of({ issuer, ...sub }, { anonymous: { enabled: false, conditions: [{ path: '/x' }] } }),
    'anonymous.conditions: Invalid value: [{"Path":"/x"}]: enabled should be set to true when conditions are defined',
  ],
] satisfies [string, () => unknown, string | RegExp][]) {
  test(`what makes no sense is refused with its field: ${title}`, () => {
    assert.throws(read, { message });
  });
}

test('a verified e-mail address may be asked for in a rule', () => {
  const { jwt } = of({
    issuer,
    claimMappings: { username: { expression: 'claims.email' } },
    claimValidationRules: [{ expression: 'claims.?email_verified.orValue(true) == true' }],
  });
  assert.equal(jwt.length, 1);
});

test('who may be anonymous stays as it was at the start', () => {
  const config = (anonymous?: object) => ({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    ...(anonymous === undefined ? {} : { anonymous }),
  });
  const changed = { message: 'anonymous: Forbidden: changed from initial configuration file' };
  const off = config({ enabled: false });
  assert.throws(() => readAuthenticationConfiguration(off, [], config()), changed);
  assert.throws(() => readAuthenticationConfiguration(config(), [], off), changed);
  assert.equal(readAuthenticationConfiguration(off, [], off).anonymous?.enabled, false);
});
