import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { after, test } from 'node:test';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { makeWebhookCaller } from './call.ts';
import { webhookCredentials } from './credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-webhook-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function kubeconfig(users: Record<string, object>, current?: string): string {
  const file = join(folder, 'kubeconfig');
  const content = {
    users: Object.entries(users).map(([name, user]) => ({ name, user })),
    contexts: [{ name: 'x', context: { cluster: '', user: current } }],
    'current-context': 'x',
  };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test('users are found by the name of the webhook, the nearest first', () => {
  const token = (name: string) => ({ [name]: { token: name } });
  const find = webhookCredentials(
    kubeconfig({
      ...token('a.ns.svc:8443'),
      ...token('*.ns.svc:8443'),
      ...token('b.ns.svc'),
      ...token('*.svc'),
      ...token('*'),
    }),
  );
  const found: [string, string][] = [
    ['a.ns.svc:8443', 'a.ns.svc:8443'],
    ['c.ns.svc:8443', '*.ns.svc:8443'],
    ['b.ns.svc:443', 'b.ns.svc'],
    ['c.ns.svc:443', '*.svc'],
    ['b.ns.svc:80', '*'],
    ['example.com:443', '*'],
  ];
  for (const [hostPort, want] of found) assert.equal(find(hostPort)?.token, want);
  const other = webhookCredentials(kubeconfig(token('me'), 'me'));
  assert.equal(other('example.com:443')?.token, 'me');
  assert.equal(webhookCredentials(kubeconfig(token('me')))('example.com:443'), undefined);
});

test('webhooks see token and certificate', async () => {
  const authority = await issueAuthority({ commonName: 'ca', durationMs: 3_600_000 });
  const hook = await issueCertificate(authority, {
    subject: { commonName: 'hook' },
    usages: ['server auth'],
    names: { dnsNames: ['hook.ns.svc'] },
    durationMs: 3_600_000,
  });
  const me = await issueCertificate(authority, {
    subject: { commonName: 'me' },
    usages: ['client auth'],
    durationMs: 3_600_000,
  });
  const server = createServer(
    {
      cert: hook.certificatePem,
      key: hook.privateKeyPem,
      ca: authority.certificatePem,
      requestCert: true,
    },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.end(JSON.stringify([request.headers.authorization, subject?.CN]));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const user = {
    token: 't',
    'client-certificate-data': base64(me.certificatePem),
    'client-key-data': base64(me.privateKeyPem),
  };
  const caller = makeWebhookCaller({
    resolve: async () => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }),
    credentials: webhookCredentials(kubeconfig({ 'hook.ns.svc': user })),
  });
  try {
    const client = {
      service: { namespace: 'ns', name: 'hook' },
      caBundle: base64(authority.certificatePem),
    };
    assert.deepEqual(await caller.post(client, {}, 5000), ['Bearer t', 'me']);
  } finally {
    caller.close();
    server.closeAllConnections();
    server.close();
  }
});
