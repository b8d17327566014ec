import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { createServer as createHttps, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { StatusError } from '../object/status-error.ts';
import { issueAuthority, issueCertificate } from '../pki/certificate.ts';
import type { WatchEvent } from './cluster.ts';
import { connectCluster, type ConnectedCluster } from './cluster-client.ts';

const configMaps = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
type SecureHandler = NonNullable<Parameters<typeof createSecureServer>[1]>;
/** What the handlers below use is the same in both protocols. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
let ca: string;
let identity: { cert: string; key: string };
const cleanups: (() => void)[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorate-client-'));
  const authority = await issueAuthority({ commonName: 'test', durationMs: 3_600_000 });
  const leaf = await issueCertificate(authority, {
    subject: { commonName: 'server' },
    names: { ipAddresses: ['127.0.0.1'] },
    usages: ['server auth'],
    durationMs: 3_600_000,
  });
  ca = authority.certificatePem;
  identity = { cert: leaf.certificatePem, key: leaf.privateKeyPem };
});
after(async () => {
  for (const cleanup of cleanups) cleanup();
  await rm(folder, { recursive: true, force: true });
});

/** A server of either protocol, and a client of it. */
async function connected(
  protocol: 'h2' | 'http/1.1',
  handler: Handler,
  timeoutMs = 5_000,
): Promise<{ cluster: ConnectedCluster; server: Http2SecureServer | Server; kubeconfig: string }> {
  const server =
    protocol === 'h2'
      ? createSecureServer(identity, handler as unknown as SecureHandler)
      : createHttps({ ...identity, ALPNProtocols: ['http/1.1'] }, handler);
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kubeconfig = join(folder, `${(server.address() as AddressInfo).port}.json`);
  await writeKubeconfig(kubeconfig, (server.address() as AddressInfo).port, 'first');
  const cluster = connectCluster({ kubeconfig, userAgent: 'test', timeoutMs });
  cleanups.push(() => {
    cluster.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { cluster, server, kubeconfig };
}

function writeKubeconfig(path: string, port: number, token: string): Promise<void> {
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(ca).toString('base64'),
  };
  return writeFile(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
}

function json(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

for (const protocol of ['h2', 'http/1.1'] as const) {
  test(`${protocol}: objects, absence and refusals`, async () => {
    const { cluster } = await connected(protocol, (request, response) => {
      if (request.url?.endsWith('/there')) {
        assert.equal(request.headers.authorization, 'Bearer first');
        json(response, 200, { kind: 'ConfigMap', metadata: { name: 'there' } });
      } else if (request.url?.endsWith('/unserved')) {
        response.writeHead(404).end('404 page not found');
      } else {
        const code = request.method === 'GET' ? 404 : 409;
        json(response, code, { kind: 'Status', code, reason: 'Because', message: 'no' });
      }
    });
    assert.equal((await cluster.get(configMaps, 'n', 'there'))?.metadata.name, 'there');
    assert.equal(await cluster.get(configMaps, 'n', 'absent'), undefined);
    await assert.rejects(cluster.get(configMaps, 'n', 'unserved'), /404 page not found/);
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'n' } };
    await assert.rejects(
      cluster.create(configMaps, object),
      (error) => error instanceof StatusError && error.code === 409 && error.reason === 'Because',
    );
  });

  test(`${protocol}: a watch is cut into events wherever the network cuts it`, async () => {
    const line = (type: string, name: string) =>
      `${JSON.stringify({ type, object: { metadata: { name, resourceVersion: '5' } } })}\n`;
    const text = Buffer.from(line('ADDED', 'ä') + line('BOOKMARK', '') + line('DELETED', 'ä'));
    const { cluster } = await connected(protocol, (_request, response) => {
      response.writeHead(200);
      let at = 0;
      const send = (): void => {
        if (at >= text.length) {
          response.end();
          return;
        }
        response.write(text.subarray(at, at + 7));
        at += 7;
        setImmediate(send);
      };
      send();
    });
    const events: WatchEvent[] = [];
    const signal = new AbortController().signal;
    await cluster.watch(configMaps, { resourceVersion: '1' }, (e) => events.push(e), signal);
    assert.deepEqual(
      events.map((e) => e.type),
      ['ADDED', 'BOOKMARK', 'DELETED'],
    );
    assert.equal(events[0]?.object.metadata.name, 'ä');
  });

  test(`${protocol}: a server that says nothing is given up after the timeout, and only that call`, async () => {
    let silent = true;
    const { cluster } = await connected(
      protocol,
      (_request, response) => {
        if (!silent) json(response, 200, { kind: 'ConfigMap', metadata: { name: 'a' } });
      },
      300,
    );
    await assert.rejects(cluster.get(configMaps, 'n', 'a'));
    silent = false;
    assert.equal((await cluster.get(configMaps, 'n', 'a'))?.metadata.name, 'a');
  });
}

test('a watch that is too old rejects with 410, from the status or from the stream', async () => {
  const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
  let inStream = false;
  const { cluster } = await connected('h2', (_request, response) => {
    if (!inStream) return json(response, 410, gone);
    response.end(`${JSON.stringify({ type: 'ERROR', object: gone })}\n`);
  });
  const watch = () =>
    cluster.watch(configMaps, { resourceVersion: '1' }, () => {}, new AbortController().signal);
  const is410 = (error: unknown) => error instanceof StatusError && error.code === 410;
  await assert.rejects(watch(), is410);
  inStream = true;
  await assert.rejects(watch(), is410);
});

test('pages of a list are put together; when their snapshot is gone the list begins anew', async () => {
  let expired = false;
  const { cluster } = await connected('h2', (request, response) => {
    const query = new URL(request.url ?? '', 'https://x').searchParams;
    const item = (name: string) => ({ metadata: { name } });
    if (query.get('limit') === null) {
      json(response, 200, { metadata: { resourceVersion: '9' }, items: [item('all')] });
    } else if (query.get('continue') === null) {
      json(response, 200, {
        metadata: { resourceVersion: '7', continue: 'k' },
        items: [item('a')],
      });
    } else if (expired) json(response, 410, { kind: 'Status', code: 410, reason: 'Expired' });
    else json(response, 200, { metadata: { resourceVersion: '7' }, items: [item('b')] });
  });
  const first = await cluster.list(configMaps);
  assert.deepEqual(
    first.items.map((i) => `${i.kind} ${i.metadata.name}`),
    ['ConfigMap a', 'ConfigMap b'],
  );
  expired = true;
  const second = await cluster.list(configMaps);
  assert.deepEqual(
    second.items.map((i) => i.metadata.name),
    ['all'],
  );
  assert.equal(second.resourceVersion, '9');
});

test('Retry-After is honoured', async () => {
  let calls = 0;
  const { cluster } = await connected('h2', (_request, response) => {
    calls++;
    if (calls > 1) return json(response, 200, { kind: 'ConfigMap', metadata: { name: 'a' } });
    response.writeHead(429, { 'retry-after': '0' });
    response.end('{}');
  });
  assert.equal((await cluster.get(configMaps, 'n', 'a'))?.metadata.name, 'a');
  assert.equal(calls, 2);
});

test('new credentials on disk end open watches and are used from then on', async () => {
  const seen: (string | undefined)[] = [];
  const { cluster, server, kubeconfig } = await connected('h2', (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(200);
    response.flushHeaders?.();
    if (!request.url?.includes('watch')) response.end('{}');
  });
  const watching = cluster.watch(
    configMaps,
    { resourceVersion: '1' },
    () => {},
    new AbortController().signal,
  );
  await writeKubeconfig(kubeconfig, (server.address() as AddressInfo).port, 'second');
  await assert.rejects(watching, /credentials changed/);
  await cluster.get(configMaps, 'n', 'a');
  assert.deepEqual(seen, ['Bearer first', 'Bearer second']);
});

test('a server that cannot be reached makes calls reject; back again, calls succeed', async () => {
  const { cluster, server } = await connected('h2', (_request, response) =>
    json(response, 200, { kind: 'ConfigMap', metadata: { name: 'a' } }),
  );
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(cluster.get(configMaps, 'n', 'a'), /ECONNREFUSED/);
  await assert.rejects(
    cluster.watch(configMaps, { resourceVersion: '1' }, () => {}, new AbortController().signal),
  );
  const again = createSecureServer(identity, (_request, response) => {
    response.end(JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'a' } }));
  });
  await new Promise<void>((resolve) => again.listen(port, '127.0.0.1', resolve));
  cleanups.push(() => again.close());
  assert.equal((await cluster.get(configMaps, 'n', 'a'))?.metadata.name, 'a');
});

test('plain http, for servers inside a test', async () => {
  const server = createHttp((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(folder, 'plain.json');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: '' } }],
      'current-context': 'x',
    }),
  );
  const cluster = connectCluster({ kubeconfig, userAgent: 'test' });
  assert.equal(await cluster.raw('/readyz'), 'ok');
  cluster.close();
});

test('what a kubeconfig asks for and we do not have is refused by name', async () => {
  const kubeconfig = join(folder, 'exec.json');
  const user = { exec: { command: 'aws' } };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://x' } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  assert.throws(() => connectCluster({ kubeconfig, userAgent: 't' }), /exec is not supported/);
});
