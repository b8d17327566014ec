import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { request } from 'node:https';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { ClientConnection } from '../../http2/client-connection.ts';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import type { Exchange } from '../context.ts';
import { type Listener, listen } from './listener.ts';

/** The two protocols behind one port: what the stages see and what the client gets. */
let handle: (exchange: Exchange) => void = () => {};
let listener: Listener;
let session: ClientHttp2Session;

before(async () => {
  const authority = await issueAuthority({ commonName: 'ca', durationMs: 3_600_000 });
  const { certificatePem: certificate, privateKeyPem: key } = await issueCertificate(authority, {
    subject: { commonName: 'server' },
    names: { dnsNames: [], ipAddresses: ['127.0.0.1'] },
    usages: ['server auth'],
    durationMs: 3_600_000,
  });
  listener = await listen({
    host: '127.0.0.1',
    port: 0,
    tls: { certificate, key, clientCa: [], named: [] },
    http2: true,
    http2MaxStreams: 100,
    reusePort: false,
    minTlsVersion: 'TLSv1.2',
    handle: (exchange) => handle(exchange),
    upgrade: (_request, socket) => socket.destroy(),
  });
  session = open();
});
after(async () => {
  session.destroy();
  await listener.destroy();
});

function open(): ClientHttp2Session {
  const opened = connect(`https://127.0.0.1:${listener.address.port}`, {
    rejectUnauthorized: false,
  });
  opened.on('error', () => {});
  return opened;
}

interface Got {
  code: number;
  headers: Record<string, unknown>;
  body: string;
  /** HTTP/2's reason for the end. */
  reset?: number | undefined;
}

async function over2(headers: Record<string, string>, body?: string, on = session): Promise<Got> {
  const stream = on.request(headers, { endStream: body === undefined });
  const got: Got = { code: 0, headers: {}, body: '' };
  stream.on('response', (response) => {
    got.headers = response;
    got.code = Number(response[':status']);
  });
  stream.on('data', (part) => (got.body += part));
  stream.on('error', () => {});
  if (body !== undefined) stream.end(body);
  await new Promise((resolve) => stream.on('close', resolve));
  return { ...got, reset: stream.rstCode };
}

function over1(method: string, body?: string): Promise<Got> {
  const { port } = listener.address;
  return new Promise((resolve) => {
    const got: Got = { code: 0, headers: {}, body: '' };
    const asked = request(
      { port, method, path: '/x?y=1', agent: false, rejectUnauthorized: false },
      (response) => {
        Object.assign(got, { code: response.statusCode, headers: response.headers });
        response.on('data', (part) => (got.body += part));
        response.on('error', () => {});
        response.on('close', () => resolve(got));
      },
    );
    asked.on('error', () => resolve(got));
    asked.end(body);
  });
}

/** Until an exchange is over, as its server sees it. */
function closes(answer: (exchange: Exchange) => void): Promise<Exchange> {
  return new Promise((resolve) => {
    handle = (exchange) => {
      exchange.onClose = () => resolve(exchange);
      answer(exchange);
    };
  });
}

for (const protocol of [1, 2] as const) {
  const ask = (method = 'GET', body?: string): Promise<Got> =>
    protocol === 1 ? over1(method, body) : over2({ ':method': method, ':path': '/x?y=1' }, body);

  test(`HTTP/${protocol}: a whole response`, async () => {
    const begun: boolean[] = [];
    const closed = closes((exchange) => {
      assert.equal(exchange.version, protocol);
      assert.deepEqual([exchange.method, exchange.url], ['GET', '/x?y=1']);
      assert.deepEqual([exchange.hasBody, exchange.begun], [false, false]);
      assert.equal(exchange.socket.encrypted, true);
      exchange.onBegin = () => begun.push(exchange.begun);
      exchange.send(201, { 'X-Name': 'a', warning: ['one', 'two'] }, Buffer.from('text'));
    });
    const got = await ask();
    assert.deepEqual([got.code, got.body], [201, 'text']);
    assert.deepEqual([got.headers['x-name'], got.headers['warning']], ['a', 'one, two']);
    assert.notEqual(got.headers['date'], undefined);
    const exchange = await closed;
    assert.deepEqual([exchange.code, begun], [201, [true]]);
    exchange.send(200, {});
  });

  test(`HTTP/${protocol}: responses without a body`, async () => {
    const body = Buffer.from('never seen');
    handle = (exchange) => exchange.send(200, { 'content-length': '10' }, body);
    const head = await ask('HEAD');
    assert.deepEqual([head.code, head.body, head.headers['content-length']], [200, '', '10']);
    handle = (exchange) => exchange.send(204, {});
    assert.deepEqual(await ask('OPTIONS').then((got) => [got.code, got.body]), [204, '']);
  });

  test(`HTTP/${protocol}: a body in, a response in parts out`, async () => {
    handle = (exchange) => {
      assert.equal(exchange.hasBody, true);
      const response = exchange.begin(200, {});
      exchange.body.pipe(response);
    };
    const text = 'x'.repeat(300_000);
    assert.equal((await ask('POST', text)).body, text);
  });

  test(`HTTP/${protocol}: a body that nobody reads does not hold up the connection`, async () => {
    handle = (exchange) => {
      exchange.discardBody();
      exchange.send(403, {}, Buffer.from('no'));
    };
    const got = await ask('POST', 'x'.repeat(300_000));
    assert.deepEqual([got.code, got.body], [403, 'no']);
  });

  test(`HTTP/${protocol}: half a response does not look like a whole one`, async () => {
    const closed = closes((exchange) => {
      exchange.begin(200, {}).write('half', () => exchange.breakOff());
    });
    const got = await ask();
    assert.equal(got.body, 'half');
    if (protocol === 2) assert.equal(got.reset, constants.NGHTTP2_INTERNAL_ERROR);
    assert.equal((await closed).over, true);
  });
}

test('a client that leaves in the middle of its body', async () => {
  const aborted = Promise.withResolvers<void>();
  const closed = closes((exchange) => {
    exchange.body.on('data', () => stream.close(constants.NGHTTP2_CANCEL));
    exchange.body.on('aborted', () => aborted.resolve());
  });
  const stream = session.request({ ':method': 'POST', ':path': '/' });
  stream.on('error', () => {});
  stream.write('part');
  await aborted.promise;
  const exchange = await closed;
  assert.deepEqual([exchange.over, exchange.begun], [true, false]);
  exchange.send(200, {}, Buffer.from('nobody gets it'));
});

test('HTTP/1.1: headers may be as long as over HTTP/2', async () => {
  const token = 'x'.repeat(100_000);
  handle = (exchange) => {
    assert.equal(exchange.headers.authorization, token);
    exchange.send(204, {});
  };
  const { port } = listener.address;
  const headers = { authorization: token };
  const asked = request({ port, headers, agent: false, rejectUnauthorized: false }).end();
  const [response] = await once(asked, 'response');
  assert.equal(response.statusCode, 204);
  response.resume();
});

test('HTTP/2: expectations and CONNECT', async () => {
  handle = (exchange) => {
    const { body } = exchange;
    body.pipe(exchange.begin(200, {}));
  };
  const stream = session.request({ ':method': 'POST', ':path': '/', expect: '100-continue' });
  await once(stream, 'continue');
  stream.end('more');
  const [response] = await once(stream, 'response');
  assert.equal(response[':status'], 200);
  stream.resume();
  await once(stream, 'close');
  handle = () => assert.fail('not a request for the stages');
  assert.equal((await over2({ ':path': '/', expect: 'wonders' })).code, 417);
  assert.equal((await over2({ ':method': 'CONNECT', ':authority': 'x' })).code, 405);
});

/** A client that sends what node:http2 would not. */
async function bare(...more: string[]): Promise<{ code: string; body: string }> {
  const socket = connectTls({
    port: listener.address.port,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  });
  const sizes = { streamWindow: 100_000, connectionWindow: 200_000, headerListBytes: 10_000 };
  const connection = new ClientConnection(socket, sizes);
  const got = { code: '', body: '' };
  await new Promise<void>((resolve) => {
    const headers = [':method', 'GET', ':scheme', 'https', ':path', '/', ':authority', 'x'];
    const stream = connection.request([...headers, ...more], {
      onHeaders: (list) => (got.code = list[1] ?? ''),
      onData: (chunk) => (got.body += chunk.toString()),
      onEnd() {},
      onClose: () => resolve(),
    });
    stream.end();
  });
  socket.destroy();
  return got;
}

test('HTTP/2: headers of a connection have no place in it', async () => {
  handle = (exchange) => exchange.send(200, {}, Buffer.from('taken'));
  const refused = async (name: string, value: string, why: string) =>
    assert.deepEqual(await bare(name, value), { code: '400', body: `request header ${why}\n` });
  await refused('connection', 'close', '"Connection" is not valid in HTTP/2');
  await refused('keep-alive', '1', '"Keep-Alive" is not valid in HTTP/2');
  await refused('transfer-encoding', 'chunked', '"Transfer-Encoding" is not valid in HTTP/2');
  await refused('te', 'gzip', '"TE" may only be "trailers" in HTTP/2');
  for (const taken of [
    ['te', 'trailers'],
    ['te', ''],
    ['x', ' blank '],
  ]) {
    assert.deepEqual(await bare(...taken), { code: '200', body: 'taken' });
  }
});

test('HTTP/2: a client told to go away gets its response first', async () => {
  const other = open();
  const gone = once(other, 'goaway');
  handle = (exchange) => {
    exchange.goAway();
    setImmediate(() => exchange.send(200, {}, Buffer.from('still')));
  };
  assert.equal((await over2({ ':path': '/' }, undefined, other)).body, 'still');
  await gone;
});

test('HTTP/1.1: a response that has ended is whole, also when the server ends right then', async () => {
  const body = Buffer.alloc(40_000, 'x');
  handle = (exchange) => {
    const response = exchange.begin(200, { 'content-length': String(body.length) });
    response.write(body);
    response.end();
    process.nextTick(() => listener.drain());
  };
  const got = await over1('GET');
  assert.equal(got.body.length, body.length);
});
