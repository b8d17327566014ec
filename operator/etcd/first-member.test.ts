import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { untilFirstAnswers } from './first-member.ts';

/** A first member whose port is open long before it answers, as etcd's is. */
const folder = mkdtempSync(join(tmpdir(), 'quorate-first-'));
const longMs = 60_000;
let server: Server;
let port = 0;
let command: string[] = [];
let pair: { certificatePem: string; privateKeyPem: string };

before(async () => {
  const authority = await issueAuthority({ commonName: 'ca', durationMs: 3600_000 });
  pair = await issueCertificate(authority, {
    subject: { commonName: 'etcd' },
    names: { dnsNames: ['localhost'] },
    usages: ['server auth', 'client auth'],
    durationMs: 3600_000,
  });
  const files = {
    'peer-trusted-ca-file': authority.certificatePem,
    'peer-cert-file': pair.certificatePem,
    'peer-key-file': pair.privateKeyPem,
  };
  command = Object.entries(files).map(([flag, text]) => {
    writeFileSync(join(folder, flag), text);
    return `--${flag}=${join(folder, flag)}`;
  });
  server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const members = () => `m-1=https://localhost:${port + 1},m-0=https://localhost:${port}`;
const founder = (name: string) => ({ name, initialCluster: members(), command });

test('the others wait until the first one answers, not just listens', async () => {
  const connected = once(server, 'connection');
  let over = false;
  const waiting = untilFirstAnswers(founder('m-1'), longMs).then(() => {
    over = true;
  });
  const [socket] = (await connected) as [Socket];
  socket.on('error', () => {});
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(over, false);
  const tls = new TLSSocket(socket, {
    isServer: true,
    cert: pair.certificatePem,
    key: pair.privateKeyPem,
  });
  tls.on('error', () => {});
  await waiting;
});

test('the first one asks nobody', async () => {
  const asked: unknown[] = [];
  const note = (socket: Socket) => asked.push(socket);
  server.on('connection', note);
  await untilFirstAnswers(founder('m-0'), longMs);
  server.off('connection', note);
  assert.equal(asked.length, 0);
});

test('nobody waits for a first member that does not come for longer than etcd itself would', async () => {
  const initialCluster = 'm-0=https://quorate.invalid:2380,m-1=https://localhost:1';
  await untilFirstAnswers({ name: 'm-1', initialCluster, command }, 1);
});
