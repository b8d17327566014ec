import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request } from 'node:https';
import { after, test } from 'node:test';
import { StatusError } from '../../object/status-error.ts';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { writeCertificate } from '../../pki/x509.ts';
import { createPublicKey } from 'node:crypto';
import type { Exchange, RequestContext, UserInfo } from '../context.ts';
import { listen } from '../request/listener.ts';
import { makeAnonymous } from './anonymous.ts';
import { makeAuthenticate, withAuthenticatedGroup } from './authenticate.ts';
import { makeBearerToken, tokensInOrder } from './bearer-token.ts';
import { parseCertificates } from './certificate-chain.ts';
import { makeClientCertificate } from './client-certificate.ts';
import { makeStaticToken, parseTokenFile } from './static-token.ts';

const day = 86_400_000;
const tokens = makeStaticToken({
  users: parseTokenFile('good,alice,1,"dev,ops"\nbare,bob,2\n', 'tokens.csv'),
});

function stage(options: { authorities?: string[]; anonymous?: boolean } = {}) {
  const cas = (options.authorities ?? []).flatMap(parseCertificates);
  return makeAuthenticate({
    authenticators: [
      makeClientCertificate({ authorities: () => cas }),
      makeBearerToken({ tokens: tokensInOrder([tokens]), audiences: [] }),
    ],
    ...(options.anonymous === false ? {} : { anonymous: makeAnonymous() }),
  });
}

let goneAway = 0;

function context(headers: Record<string, string> = {}): RequestContext {
  const socket = { getPeerX509Certificate: () => undefined };
  return {
    headers,
    socket,
    exchange: { goAway: () => goneAway++ },
    info: { path: '/api' },
  } as unknown as RequestContext;
}

async function whoIs(headers: Record<string, string>, anonymous = true): Promise<UserInfo> {
  const asked = context(headers);
  await stage({ anonymous }).run(asked);
  return asked.user;
}

const is401 = (error: unknown) => error instanceof StatusError && error.code === 401;

test('a connection on which nobody is known is good for one request', async () => {
  goneAway = 0;
  await whoIs({ authorization: 'Bearer good' });
  assert.equal(goneAway, 0);
  await whoIs({});
  assert.equal(goneAway, 1);
  await assert.rejects(whoIs({ authorization: 'Bearer bad' }), is401);
  assert.equal(goneAway, 2);
});

test('a good token names its user, a wrong one is refused, none is anonymous', async () => {
  assert.deepEqual(await whoIs({ authorization: 'Bearer good' }), {
    name: 'alice',
    uid: '1',
    groups: ['dev', 'ops', 'system:authenticated'],
  });
  await assert.rejects(whoIs({ authorization: 'Bearer wrong' }), is401);
  assert.deepEqual((await whoIs({})).groups, ['system:unauthenticated']);
  assert.equal((await whoIs({ authorization: 'Basic xyz' })).name, 'system:anonymous');
  await assert.rejects(whoIs({}, false), is401);
});

test('the accepted token goes no further and one credential is one user object', async () => {
  const first = context({ authorization: 'bearer good' });
  const second = context({ authorization: 'Bearer good' });
  await stage().run(first);
  await stage().run(second);
  assert.equal(first.headers.authorization, undefined);
  assert.equal(first.user, second.user);
});

test('a WebSocket carries its token among the subprotocols', async () => {
  const carrier = `base64url.bearer.authorization.k8s.io.${Buffer.from('bare').toString('base64url')}`;
  const asked = context({
    upgrade: 'websocket',
    'sec-websocket-protocol': `v5.channel.k8s.io, ${carrier}`,
  });
  await stage().run(asked);
  assert.equal(asked.user.name, 'bob');
  assert.equal(asked.headers['sec-websocket-protocol'], 'v5.channel.k8s.io');
});

test('the anonymous user stays unauthenticated', () => {
  const user = { name: 'x', groups: ['system:unauthenticated'] };
  assert.equal(withAuthenticatedGroup(user), user);
});

test('a token file is refused as upstream refuses it', () => {
  assert.throws(() => parseTokenFile('a,b\n', 't.csv'), /must have at least 3 columns .* found 2/);
  const skipped: number[] = [];
  const users = parseTokenFile(',x,1\nt,"a ""b""",2,g\n', 't.csv', (line) => skipped.push(line));
  assert.deepEqual(skipped, [1]);
  assert.deepEqual([...users.values()], [{ name: 'a "b"', uid: '2', groups: ['g'] }]);
});

for (const [text, wanted] of [
  ['#t,a,b\n', [{ name: 'a', uid: 'b', groups: [] }]],
  ['t, a ,b,\n', [{ name: ' a ', uid: 'b', groups: [''] }]],
  ['t,"a\nb",c\r\n\n', [{ name: 'a\nb', uid: 'c', groups: [] }]],
  ['t, "a",b\n', 'parse error on line 1, column 4: bare " in non-quoted-field'],
  ['t,a,b\nt,"a,b\n', 'parse error on line 2, column 8: extraneous or missing " in quoted-field'],
  [' \n', "token file 't.csv' must have at least 3 columns (token, user name, user uid), found 1"],
] as const) {
  test(`a token file of ${JSON.stringify(text)}`, () => {
    const read = () => [...parseTokenFile(text, 't.csv').values()];
    if (typeof wanted === 'string') assert.throws(read, { message: wanted });
    else assert.deepEqual(read(), wanted);
  });
}

const authority = await issueAuthority({ commonName: 'clients', durationMs: day });
const other = await issueAuthority({ commonName: 'others', durationMs: day });
const serving = await issueCertificate(authority, {
  subject: { commonName: 'server' },
  usages: ['server auth'],
  names: { dnsNames: ['localhost'] },
  durationMs: day,
});

function client(issuer: typeof authority, usages: ('client auth' | 'server auth')[], now?: Date) {
  const subject = { commonName: 'carol', organizations: ['dev', 'ops'] };
  return issueCertificate(issuer, {
    subject,
    usages,
    durationMs: day / 24,
    ...(now ? { now } : {}),
  });
}

async function serve(authorities: string[]) {
  const run = stage({ authorities });
  const handle = async (exchange: Exchange): Promise<void> => {
    const { headers, socket } = exchange;
    const asked = { exchange, headers, socket, info: { path: '/' } } as unknown as RequestContext;
    try {
      await run.run(asked);
      exchange.send(200, {}, Buffer.from(JSON.stringify(asked.user)));
    } catch (error) {
      exchange.send(error instanceof StatusError ? error.code : 500, {});
    }
  };
  const { certificatePem: certificate, privateKeyPem: key } = serving;
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    tls: { certificate, key, clientCa: [], named: [] },
    http2: true,
    http2MaxStreams: 100,
    reusePort: false,
    minTlsVersion: 'TLSv1.2',
    handle: (exchange) => void handle(exchange),
    upgrade: (_request, socket) => socket.destroy(),
  });
  after(() => listener.destroy());
  return listener.address.port;
}

async function call(
  port: number,
  cert: string,
  key: string,
): Promise<[number, UserInfo | undefined]> {
  const agent = new Agent({ keepAlive: false });
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, cert, key, agent, rejectUnauthorized: false },
      (response) => {
        let body = '';
        response.on('data', (part) => (body += part));
        response.on('end', () =>
          resolve([response.statusCode ?? 0, body === '' ? undefined : JSON.parse(body)]),
        );
      },
    );
    asked.on('error', reject).end();
  });
}

test('client certificates over TLS: trusted, foreign, expired, for servers', async () => {
  const port = await serve([authority.certificatePem]);
  const good = await client(authority, ['client auth']);
  const [code, user] = await call(port, good.certificatePem, good.privateKeyPem);
  assert.equal(code, 200);
  assert.equal(user?.name, 'carol');
  assert.deepEqual(user?.groups, ['dev', 'ops', 'system:authenticated']);
  assert.match(
    String(user?.extra?.['authentication.kubernetes.io/credential-id']),
    /^X509SHA256=[0-9a-f]{64}$/,
  );
  for (const bad of [
    await client(other, ['client auth']),
    await client(authority, ['client auth'], new Date(Date.now() - 2 * day)),
    await client(authority, ['server auth']),
  ]) {
    assert.equal((await call(port, bad.certificatePem, bad.privateKeyPem))[0], 401);
  }
});

test('an intermediate the client sends completes the chain; HTTP/2 is no different', async () => {
  const port = await serve([other.certificatePem, authority.certificatePem]);
  const keys = await issueAuthority({ commonName: 'middle', durationMs: day });
  const middle = {
    privateKeyPem: keys.privateKeyPem,
    certificatePem: writeCertificate(
      {
        subject: { commonName: 'middle' },
        publicKey: createPublicKey(keys.privateKeyPem),
        notBefore: new Date(Date.now() - day),
        notAfter: new Date(Date.now() + day),
        certificateAuthority: true,
        keyUsages: ['cert sign'],
        extendedUsages: [],
        names: {},
      },
      authority,
    ),
  };
  const leaf = await client(middle, ['client auth']);
  const bundle = `${leaf.certificatePem.trim()}\n${middle.certificatePem}`;
  assert.equal((await call(port, bundle, leaf.privateKeyPem))[0], 200);
  assert.equal((await call(port, leaf.certificatePem, leaf.privateKeyPem))[0], 401);
  const session = connectHttp2(`https://127.0.0.1:${port}`, {
    cert: bundle,
    key: leaf.privateKeyPem,
    rejectUnauthorized: false,
  });
  for (let i = 0; i < 2; i++) {
    const stream = session.request({ ':path': '/' });
    let body = '';
    for await (const part of stream) body += part;
    assert.equal(JSON.parse(body).name, 'carol');
  }
  session.close();
});
