import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { issueAuthority, issueCertificate, type IssuedCertificate } from '../pki/certificate.ts';
import { ApiClient } from './verbs/api-client.ts';

/** Files that change under a server, seen from its connections. */
const folder = mkdtempSync(join(tmpdir(), 'quorate-rotation-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

let authority: IssuedCertificate;
let api: ApiClient;

async function leaf(file: string, commonName: string, dnsNames: string[] = []): Promise<void> {
  const issued = await issueCertificate(authority, {
    subject: { commonName },
    names: { dnsNames, ipAddresses: [] },
    usages: ['server auth'],
    durationMs: 3_600_000,
  });
  writeFileSync(at(`${file}.crt`), issued.certificatePem);
  writeFileSync(at(`${file}.key`), issued.privateKeyPem);
}

before(async () => {
  authority = await issueAuthority({ commonName: 'rotation', durationMs: 3_600_000 });
  await leaf('own', 'own-1', ['own.example']);
  await leaf('named', 'named-1', ['alone.example']);
  await leaf('common', 'common.example', ['also.example']);
  writeFileSync(at('ca.crt'), authority.certificatePem);
  writeFileSync(at('tokens.csv'), 'secret,admin,1,system:masters\n');
  api = await ApiClient.start({
    flags: {
      'tls-cert-file': at('own.crt'),
      'tls-private-key-file': at('own.key'),
      'tls-sni-cert-key': [
        `${at('named.crt')},${at('named.key')}:a.example`,
        `${at('common.crt')},${at('common.key')}`,
      ],
      'client-ca-file': at('ca.crt'),
      'token-auth-file': at('tokens.csv'),
    },
  });
});
after(() => api.stop());

async function served(servername: string): Promise<string> {
  const port = Number(new URL(api.server.url).port);
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw).subject;
}

function codeOf(token: string): Promise<number | undefined> {
  const url = `${api.server.url}/api`;
  const headers = { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    get(url, { headers, rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

async function until(servername: string, subject: string): Promise<void> {
  while ((await served(servername)) !== subject) await new Promise((r) => setTimeout(r, 20));
}

test('a certificate stands for the names given, else for its own, then for whom it is good', async () => {
  assert.equal(await served('own.example'), 'CN=own-1');
  assert.equal(await served('other.example'), 'CN=own-1');
  assert.equal(await served('A.example'), 'CN=named-1');
  assert.equal(await served('alone.example'), 'CN=named-1');
  assert.equal(await served('common.example'), 'CN=common.example');
  assert.equal(await served('also.example'), 'CN=common.example');
});

test('each file for itself: what is half written or gone holds up no other', async () => {
  rmSync(at('tokens.csv'));
  truncateSync(at('ca.crt'), 100);
  await leaf('own', 'own-2', ['own.example']);
  await until('own.example', 'CN=own-2');
  writeFileSync(at('common.crt'), 'no certificate');
  await leaf('named', 'named-2');
  await until('a.example', 'CN=named-2');
  assert.equal(await served('also.example'), 'CN=common.example');
  rmSync(at('named.key'));
  await leaf('common', 'common-2', ['also.example']);
  await until('also.example', 'CN=common-2');
  assert.equal(await served('a.example'), 'CN=named-2');
  assert.equal(await codeOf('secret'), 200);
  assert.equal(await codeOf('public'), 401);
});
