import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IssuedCertificate, issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { EtcdClient, type EtcdEndpoint } from './client.ts';
import { foundingLedger, type Ledger, writeLedger } from './ledger.ts';
import { lostDiskExitCode } from './member.ts';
import { carryOut } from './carry-out.ts';
import { type MembershipAction, type PodView, planMembership } from './membership.ts';
import { probeEtcd } from './probe.ts';

/**
 * Real etcd processes with TLS on loopback, started through start-member.ts, and the operator's own plan
 * and client. Only the kubelet is played by this file: it starts members, again when they end.
 */

const etcd = (() => {
  try {
    execFileSync('etcd', ['--version']);
    execFileSync('etcdctl', ['version'], { env: { ...process.env, ETCDCTL_API: '3' } });
    return true;
  } catch {
    return false;
  }
})();

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

interface Pod {
  view: PodView;
  process: ChildProcess | undefined;
}

class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), 'quorate-etcd-'));
  readonly ports: { client: number; peer: number }[] = [];
  readonly pods = new Map<string, Pod>();
  readonly history: string[] = [];
  ledger: Ledger = { token: '', members: [] };
  wanted = 0;
  client!: EtcdClient;
  admin!: IssuedCertificate;
  #uids = 0;
  #ended = false;

  readonly memberName = (ordinal: number): string => `demo-etcd-${ordinal}`;
  readonly peerURL = (name: string): string => `https://127.0.0.1:${this.#port(name).peer}`;
  #port(name: string): { client: number; peer: number } {
    return this.ports[Number(name.split('-').at(-1))] ?? { client: 0, peer: 0 };
  }

  async start(members: number): Promise<void> {
    for (let i = 0; i < 3; i++)
      this.ports.push({ client: await freePort(), peer: await freePort() });
    const ca = await issueAuthority({ commonName: 'etcd-ca', durationMs: 3_600_000 });
    const leaf = (usages: ('server auth' | 'client auth')[]) =>
      issueCertificate(ca, {
        subject: { commonName: 'member' },
        names: { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] },
        usages,
        durationMs: 3_600_000,
      });
    const member = await leaf(['server auth', 'client auth']);
    this.admin = await leaf(['client auth']);
    writeFileSync(join(this.folder, 'ca.crt'), ca.certificatePem);
    writeFileSync(join(this.folder, 'tls.crt'), member.certificatePem);
    writeFileSync(join(this.folder, 'tls.key'), member.privateKeyPem);
    mkdirSync(join(this.folder, 'records'));
    const { certificatePem: certificate, privateKeyPem: key } = this.admin;
    this.client = new EtcdClient({ credentials: { ca: ca.certificatePem, certificate, key } });
    this.wanted = members;
    const names = Array.from({ length: members }, (_, i) => this.memberName(i));
    this.record(foundingLedger('token', names, this.peerURL));
    for (const name of names) this.run(name);
  }

  record(ledger: Ledger): void {
    this.ledger = ledger;
    for (const [file, text] of Object.entries(writeLedger(ledger))) {
      writeFileSync(join(this.folder, 'records', file), text);
    }
  }

  run(name: string): void {
    const { client, peer } = this.#port(name);
    const volume = join(this.folder, name);
    mkdirSync(volume, { recursive: true });
    const tls = (prefix: string, ca: string) => [
      `--${prefix}cert-file=${join(this.folder, 'tls.crt')}`,
      `--${prefix}key-file=${join(this.folder, 'tls.key')}`,
      `--${prefix}${ca}=${join(this.folder, 'ca.crt')}`,
      `--${prefix}client-cert-auth`,
    ];
    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, 'start-member.ts'),
        `--name=${name}`,
        `--records=${join(this.folder, 'records')}`,
        `--volume=${volume}`,
        '--',
        'etcd',
        `--listen-client-urls=https://127.0.0.1:${client}`,
        `--advertise-client-urls=https://127.0.0.1:${client}`,
        `--listen-peer-urls=https://127.0.0.1:${peer}`,
        `--initial-advertise-peer-urls=${this.peerURL(name)}`,
        '--heartbeat-interval=50',
        '--election-timeout=500',
        '--pre-vote=true',
        ...tls('', 'trusted-ca-file'),
        ...tls('peer-', 'trusted-ca-file'),
      ],
      { stdio: 'ignore' },
    );
    const view = { uid: `${++this.#uids}`, lostDisk: false, outdated: false, ready: true };
    const pod: Pod = { view: { ...view, terminating: false }, process: child };
    this.pods.set(name, pod);
    child.once('exit', (code) => {
      if (this.#ended || this.pods.get(name) !== pod) return;
      if (code === lostDiskExitCode) pod.view.lostDisk = true;
      else setTimeout(() => !this.#ended && this.pods.get(name) === pod && this.run(name), 100);
    });
  }

  async stop(name: string): Promise<void> {
    const pod = this.pods.get(name);
    this.pods.delete(name);
    if (pod?.process?.exitCode !== null || pod.process === undefined) return;
    pod.process.kill('SIGKILL');
    await once(pod.process, 'exit');
  }

  endpoint(name: string): EtcdEndpoint {
    const { client } = this.#port(name);
    return { name, host: '127.0.0.1', port: client, serverName: 'localhost' };
  }

  /** One pass of the operator, and what a StatefulSet would do about its outcome. */
  async step(): Promise<MembershipAction> {
    const endpoints = [...this.pods.keys()].map((name) => this.endpoint(name));
    const view = await probeEtcd(this.client, endpoints);
    const pods = new Map([...this.pods].map(([name, pod]) => [name, pod.view]));
    const { ledger, wanted, memberName, peerURL } = this;
    const action = planMembership({
      wanted,
      ledger,
      etcd: view,
      pods,
      memberName,
      peerURL,
      mayShrink: true,
    });
    if (action.kind === 'record') this.record(action.ledger);
    else if (action.kind === 'restart') {
      await this.stop(action.name);
      this.run(action.name);
    } else await carryOut(action, this.client, endpoints, view).catch(() => {});
    for (const { name, phase, start } of this.ledger.members) {
      if (phase === 'Gone') await this.stop(name);
      else if (start !== 'wait' && !this.pods.has(name)) this.run(name);
    }
    // With the name: two members restarted one right after the other are two lines.
    const what = 'name' in action ? `${action.kind} ${action.name}` : action.kind;
    const line = 'why' in action ? `${what}: ${action.why}` : what;
    if (this.history.at(-1) !== line) this.history.push(line);
    return action;
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 2_000; i++) {
      if ((await this.step()).kind === 'settled') return;
      await sleep(50);
    }
    assert.fail(`never settled:\n${this.history.join('\n')}`);
  }

  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all([...this.pods.keys()].map((name) => this.stop(name)));
    this.client.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('etcd membership with real etcd', {
  skip: !etcd && 'no etcd and etcdctl here',
  timeout: 120_000,
}, () => {
  const rig = new Rig();
  after(() => rig.end());
  before(() => rig.start(3));

  /** Data must survive every change of members; asked from member 0, which is never removed. */
  function etcdctl(...args: string[]): string {
    writeFileSync(join(rig.folder, 'admin.crt'), rig.admin.certificatePem);
    writeFileSync(join(rig.folder, 'admin.key'), rig.admin.privateKeyPem);
    const { host, port } = rig.endpoint('demo-etcd-0');
    const tls = ['--cacert', 'ca.crt', '--cert', 'admin.crt', '--key', 'admin.key'];
    const flags = [`--endpoints=https://${host}:${port}`, ...tls];
    const env = { ...process.env, ETCDCTL_API: '3' };
    return execFileSync('etcdctl', [...flags, ...args], { cwd: rig.folder, env }).toString();
  }

  it('goes through bootstrap, a lost disk, one member, three members', async () => {
    await rig.settle();
    assert.deepEqual(
      rig.ledger.members.map((m) => [m.phase, m.start]),
      Array(3).fill(['Voter', 'resume']),
    );
    etcdctl('put', 'kept', 'yes');

    const lostId = rig.ledger.members[1]?.id;
    rig.history.length = 0;
    const pod = rig.pods.get('demo-etcd-1');
    rmSync(join(rig.folder, 'demo-etcd-1'), { recursive: true });
    pod?.process?.kill('SIGKILL');
    for (let i = 0; i < 100 && rig.pods.get('demo-etcd-1')?.view.lostDisk !== true; i++) {
      await sleep(50);
    }
    assert.equal(
      rig.pods.get('demo-etcd-1')?.view.lostDisk,
      true,
      'an empty disk is never started',
    );
    await rig.settle();
    const replaced = rig.ledger.members[1];
    assert.equal(replaced?.phase, 'Voter');
    assert.equal(replaced?.incarnation, 2);
    assert.notEqual(replaced?.id, lostId);
    const removed = rig.history.findIndex((l) => l.startsWith('remove'));
    const added = rig.history.findIndex((l) => l.startsWith('add-learner'));
    const promoted = rig.history.findIndex((l) => l.startsWith('promote'));
    assert.ok(removed >= 0 && removed < added && added < promoted, rig.history.join('\n'));

    rig.wanted = 1;
    await rig.settle();
    assert.deepEqual(
      rig.ledger.members.map((m) => m.phase),
      ['Voter', 'Gone', 'Gone'],
    );
    assert.match(etcdctl('get', 'kept'), /yes/);

    rig.wanted = 3;
    await rig.settle();
    assert.deepEqual(
      rig.ledger.members.map((m) => m.phase),
      ['Voter', 'Voter', 'Voter'],
    );
    assert.equal(rig.ledger.members[1]?.incarnation, 3);
    assert.match(etcdctl('get', 'kept'), /yes/);
    assert.equal(etcdctl('member', 'list').trim().split('\n').length, 3);
    assert.ok(readdirSync(join(rig.folder, 'demo-etcd-2', 'data', 'member', 'wal')).length > 0);

    rig.history.length = 0;
    for (const { view } of rig.pods.values()) view.outdated = true;
    await rig.settle();
    const restarts = rig.history.filter((l) => l.startsWith('restart'));
    assert.equal(rig.history.filter((l) => l.startsWith('move-leader')).length, 1);
    assert.equal(restarts.length, 3);
  });
});
