import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { ApiClient } from '../verbs/api-client.ts';

/** What a client meets before its first request, by the flags about TLS. */
const folder = mkdtempSync(join(tmpdir(), 'quorate-tls-'));
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  const authority = await issueAuthority({ commonName: 'names', durationMs: 3_600_000 });
  for (const name of ['foo.example', 'bar.example']) {
    const leaf = await issueCertificate(authority, {
      subject: { commonName: name },
      names: { dnsNames: [name], ipAddresses: [] },
      usages: ['server auth'],
      durationMs: 3_600_000,
    });
    writeFileSync(join(folder, `${name}.crt`), leaf.certificatePem);
    writeFileSync(join(folder, `${name}.key`), leaf.privateKeyPem);
  }
});

async function shake(
  api: ApiClient,
  options: ConnectionOptions,
): Promise<{
  subject: string;
  alpn: string | false | null;
  version: string | null;
  cipher: string;
}> {
  const port = Number(new URL(api.server.url).port);
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ...options,
  });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  const shaken = {
    subject: new X509Certificate(raw).subject,
    alpn: socket.alpnProtocol,
    version: socket.getProtocol(),
    cipher: socket.getCipher().standardName,
  };
  socket.destroy();
  return shaken;
}

async function withServer(
  flags: Record<string, string | readonly string[]>,
  use: (api: ApiClient) => Promise<void>,
): Promise<void> {
  const api = await ApiClient.start({ flags });
  try {
    await use(api);
  } finally {
    await api.stop();
  }
}

const file = (name: string): string => join(folder, name);

test('--tls-sni-cert-key: the certificate of the name that is asked for', async () => {
  const flags = {
    'tls-sni-cert-key': [
      `${file('foo.example.crt')},${file('foo.example.key')}`,
      `${file('bar.example.crt')},${file('bar.example.key')}:*.bar.example`,
    ],
  };
  await withServer(flags, async (api) => {
    const named = (servername: string) => shake(api, { servername });
    assert.equal((await named('foo.example')).subject, 'CN=foo.example');
    assert.equal((await named('a.bar.example')).subject, 'CN=bar.example');
    // not a name that was given, but the certificate is good for it
    assert.equal((await named('bar.example')).subject, 'CN=bar.example');
    assert.equal((await named('localhost')).subject, 'CN=kube-apiserver');
  });
});

test('--disable-http2-serving offers HTTP/1.1 alone', async () => {
  const ALPNProtocols = ['h2', 'http/1.1'];
  await withServer({}, async (api) => {
    assert.equal((await shake(api, { ALPNProtocols })).alpn, 'h2');
  });
  await withServer({ 'disable-http2-serving': 'true' }, async (api) => {
    assert.equal((await shake(api, { ALPNProtocols })).alpn, 'http/1.1');
    assert.equal((await api.get('/healthz')).text, 'ok');
  });
});

test('--tls-min-version and --tls-cipher-suites', async () => {
  await withServer({ 'tls-min-version': 'VersionTLS13' }, async (api) => {
    assert.equal((await shake(api, {})).version, 'TLSv1.3');
    await assert.rejects(shake(api, { maxVersion: 'TLSv1.2' }));
  });
  const preferred = 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256';
  await withServer({}, async (api) => {
    // the server's preference, which is Go's, not the client's
    assert.equal((await shake(api, { ciphers: preferred })).cipher, 'TLS_AES_128_GCM_SHA256');
  });
  const suite = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384';
  await withServer({ 'tls-cipher-suites': suite }, async (api) => {
    assert.equal((await shake(api, { maxVersion: 'TLSv1.2' })).cipher, suite);
    const other = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const;
    await assert.rejects(shake(api, other));
  });
});

test('whoever signs clients and front proxies has to name the proxies', async () => {
  const flags = {
    'client-ca-file': file('foo.example.crt'),
    'requestheader-client-ca-file': file('foo.example.crt'),
  };
  await assert.rejects(
    withServer(flags, async () => {}),
    /^Error: --requestheader-client-ca-file and --client-ca-file contain overlapping certificates; --requestheader-allowed-names must be specified/,
  );
  const named = { ...flags, 'requestheader-allowed-names': 'front-proxy' };
  await withServer(named, async (api) => {
    assert.equal((await api.get('/healthz')).code, 200);
  });
});

test('--permit-port-sharing: two servers on one port', async () => {
  await withServer({ 'permit-port-sharing': 'true' }, async (first) => {
    const port = Number(new URL(first.server.url).port);
    const second = await ApiClient.start({ port, flags: { 'permit-port-sharing': 'true' } });
    await second.stop();
    await assert.rejects(ApiClient.start({ port }), /EADDRINUSE/);
  });
});

test('a server that stops says so over HTTP/2, and watches end whole', async () => {
  const api = await ApiClient.start();
  const session = connectHttp2(api.server.url, { ca: api.server.ca });
  const seen: string[] = [];
  session.on('goaway', (code) => seen.push(`goaway ${code}`));
  const watch = session.request({
    ':path': '/api/v1/namespaces?watch=1&resourceVersion=0',
    authorization: `Bearer ${api.server.token}`,
  });
  watch.on('aborted', () => seen.push('aborted'));
  await once(watch, 'data');
  const ended = once(watch, 'end');
  await api.stop();
  await ended;
  assert.equal(watch.rstCode, 0);
  assert.deepEqual([...new Set(seen)], ['goaway 0']);
});
