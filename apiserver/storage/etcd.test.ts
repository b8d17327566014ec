import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { ProtobufReader } from '../../schema/protobuf-reader.ts';
import { ProtobufWriter } from '../../schema/protobuf-writer.ts';
import { brief, count, Recorder } from './contract/bench.ts';
import { EtcdStore } from './etcd.ts';
import { Connection } from './etcd/connection.ts';
import type { Method } from './etcd/framing.ts';
import { type EtcdProcess, startEtcd, startEtcdCluster } from './etcd-process.ts';
import { KeyExists, StoreUnavailable, ValueTooLarge } from './store.ts';

const log = { info() {}, warn() {} };
const text = (value: string): Buffer => Buffer.from(value);
const skip = process.env['QUORATE_NO_ETCD'] === '1';

/** A writer of one key that notes what was acknowledged; what ended unknown may have happened. */
class Writer {
  readonly acknowledged = new Map<number, string>();
  unknown = 0;
  stopped = false;
  readonly done: Promise<void>;

  constructor(store: EtcdStore, key: string) {
    this.done = this.#run(store, key);
  }

  async #run(store: EtcdStore, key: string): Promise<void> {
    let revision = await store.create(key, text(`${key} 0`));
    this.acknowledged.set(revision, `${key} 0`);
    for (let i = 1; !this.stopped; i++) {
      const value = `${key} ${i}`;
      try {
        const result = await store.update(key, text(value), revision);
        if (result.ok) {
          revision = result.revision;
          this.acknowledged.set(revision, value);
        } else revision = result.current?.modRevision ?? 0;
      } catch (error) {
        assert(error instanceof StoreUnavailable, String(error));
        this.unknown++;
        const now = await store.get(key).catch(() => undefined);
        revision = now?.item?.modRevision ?? revision;
      }
    }
  }
}

/** Every acknowledged write is an event with its value, in order, none twice. */
async function checkHistory(recorder: Recorder, writers: readonly Writer[]): Promise<void> {
  const last = Math.max(...writers.flatMap((writer) => [...writer.acknowledged.keys()]));
  await recorder.until(() => (recorder.events.at(-1)?.revision ?? 0) >= last);
  const revisions = recorder.events.map((event) => event.revision);
  assert.deepEqual(
    revisions,
    [...new Set(revisions)].sort((a, b) => a - b),
  );
  const seen = new Map(recorder.events.map((event) => [event.revision, event.value.toString()]));
  for (const writer of writers) {
    for (const [revision, value] of writer.acknowledged) assert.equal(seen.get(revision), value);
  }
  const values = recorder.events.map((event) => event.value.toString());
  assert.equal(new Set(values).size, values.length, 'no write took place twice');
  assert.equal(recorder.ended, undefined);
}

/** How many leases there are. */
const leaseLeases: Method<void, number> = {
  path: '/etcdserverpb.Lease/LeaseLeases',
  encode: () => new ProtobufWriter(),
  decode(message) {
    let count = 0;
    new ProtobufReader(message).fields(message.length, (field) => {
      if (field === 2) count++;
      return false;
    });
    return count;
  },
};

describe('etcd store, one member', { timeout: 60_000, skip }, () => {
  let etcd: EtcdProcess;
  let store: EtcdStore;
  before(async () => {
    etcd = await startEtcd();
    store = new EtcdStore({ endpoints: [etcd.endpoint], log });
  });
  after(async () => {
    await store.close();
    await etcd.stop();
  });

  it('survives a killed and restarted server, in the midst of a watch and of writes', async () => {
    const from = await store.currentRevision();
    const recorder = new Recorder(store, '/registry/kill/', from + 1);
    const writers = [0, 1, 2].map((i) => new Writer(store, `/registry/kill/${i}`));
    for (let round = 0; round < 2; round++) {
      await sleep(150);
      await etcd.kill();
      await sleep(100);
      await etcd.restart();
    }
    const before = writers.map((writer) => writer.acknowledged.size);
    while (writers.some((writer, i) => writer.acknowledged.size < (before[i] ?? 0) + 5)) {
      await sleep(20);
    }
    for (const writer of writers) writer.stopped = true;
    await Promise.all(writers.map((writer) => writer.done));
    await checkHistory(recorder, writers);
    recorder.close();
  });

  it('learns whether a write landed whose answer was lost', async () => {
    const key = '/registry/lost/a';
    const created = await store.create(key, text('0'));
    // the server stops after the request has left, so that the deadline passes and the write lands
    etcd.pause();
    const write = store.update(key, text('1'), created);
    const removed = store.create('/registry/lost/b', text('b'));
    await sleep(3_200);
    etcd.resume();
    const [result, revision] = await Promise.all([write, removed]);
    assert(result.ok);
    const now = await store.get(key);
    assert.deepEqual([now.item?.value.toString(), now.item?.modRevision], ['1', result.revision]);
    assert.equal((await store.get('/registry/lost/b')).item?.modRevision, revision);
    const history = new Recorder(store, '/registry/lost/', created);
    const events = await history.untilEvents(3);
    assert.equal(events.length, 3, 'each took place once');
    history.close();
    await assert.rejects(store.create(key, text('1')), KeyExists);
  });

  it('takes no write for its own that a rival made with the same bytes', async () => {
    const key = '/registry/rivals';
    const created = await store.create(key, text('0'));
    const first = store.update(key, text('1'), created);
    const second = store.update(key, text('1'), created);
    await first;
    // whatever the second sends from here on, the answer to it comes too late; the third has read
    // what the first wrote over, and begins when that is over
    etcd.pause();
    const third = store.update(key, text('1'), created);
    await sleep(2_500);
    etcd.resume();
    const results = await Promise.all([first, second, third]);
    assert.deepEqual(
      results.map((result) => result.ok),
      [true, false, false],
    );
  });

  it('gives up in the time it was given', async () => {
    etcd.pause();
    await assert.rejects(store.ping(300), StoreUnavailable);
    etcd.resume();
    await store.ping(10_000);
  });

  it('says what is too large', async () => {
    const big = store.create('/registry/big', Buffer.alloc(1_600_000));
    await assert.rejects(big, (error: unknown) => {
      return error instanceof ValueTooLarge && /1600000 bytes.*too large/.test(error.message);
    });
    const huge = store.create('/registry/huge', Buffer.alloc(5_000_000));
    await assert.rejects(huge, ValueTooLarge);
    assert.equal((await store.get('/registry/big')).item, undefined);
  });

  it('puts keys of one TTL on one lease', async () => {
    const connection = new Connection(etcd.endpoint, undefined);
    const leases = (): Promise<number> => connection.unary(leaseLeases, undefined, 5_000).response;
    const before = await leases();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.create(`/registry/leased/${i}`, text(''), { ttlSeconds: 600 }),
      ),
    );
    assert.equal((await leases()) - before, 1);
    connection.close();
  });
});

describe('etcd store, three members', { timeout: 90_000, skip }, () => {
  let members: EtcdProcess[];
  let store: EtcdStore;
  before(async () => {
    members = await startEtcdCluster(3);
    store = new EtcdStore({ endpoints: members.map((member) => member.endpoint), log });
  });
  after(async () => {
    await store.close();
    await Promise.all(members.map((member) => member.stop()));
  });

  it('goes on while any one member is killed, or is there but silent', async () => {
    const from = await store.currentRevision();
    const recorder = new Recorder(store, '/registry/', from + 1);
    const writers = [0, 1].map((i) => new Writer(store, `/registry/w${i}`));
    const progress = async (): Promise<void> => {
      const before = writers.map((writer) => writer.acknowledged.size);
      while (writers.some((writer, i) => writer.acknowledged.size < (before[i] ?? 0) + 5)) {
        await sleep(20);
      }
    };
    await progress();
    for (const member of members) {
      await member.kill();
      await progress();
      await member.restart();
    }
    for (const member of members) {
      member.pause();
      await progress();
      const newest = await store.currentRevision();
      await recorder.until(() => (recorder.events.at(-1)?.revision ?? 0) >= newest);
      member.resume();
      await sleep(500);
    }
    for (const writer of writers) writer.stopped = true;
    await Promise.all(writers.map((writer) => writer.done));
    await checkHistory(recorder, writers);
    recorder.close();
  });

  it('counts right while the leader is killed again and again', async () => {
    const key = '/registry/counter';
    await store.create(key, text('0'));
    let counting = true;
    const trouble = (async () => {
      for (let i = 0; counting; i = (i + 1) % 3) {
        await members[i]?.kill();
        await members[i]?.restart();
        await sleep(300);
      }
    })();
    await Promise.all([count(store, key, 60), count(store, key, 60)]);
    counting = false;
    await trouble;
    assert.equal((await store.get(key)).item?.value.toString(), '120');
  });
});

describe('etcd store, out of the ordinary', { timeout: 60_000, skip }, () => {
  it('ends a watch of a store that was replaced by another', async () => {
    const etcd = await startEtcd();
    const store = new EtcdStore({ endpoints: [etcd.endpoint], log });
    const at = await store.create('/registry/a', text(''));
    const recorder = new Recorder(store, '/registry/', at);
    assert.deepEqual(brief(await recorder.untilEvents(1)), [`put a@${at}`]);
    await etcd.wipe();
    await etcd.restart();
    await recorder.until(() => recorder.ended !== undefined);
    await store.close();
    await etcd.stop();
  });

  it('takes new certificate files without a break', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-tls-'));
    const file = (name: string): string => join(folder, name);
    const day = { durationMs: 86_400_000 };
    const authority = await issueAuthority({ commonName: 'one', ...day });
    const write = async (issuer: typeof authority, name: string, host = false): Promise<void> => {
      const { certificatePem, privateKeyPem } = await issueCertificate(issuer, {
        subject: { commonName: name },
        usages: ['client auth', 'server auth'],
        ...(host ? { names: { ipAddresses: ['127.0.0.1'] } } : {}),
        ...day,
      });
      writeFileSync(file(`${name}.crt`), certificatePem);
      writeFileSync(file(`${name}.key`), privateKeyPem);
    };
    await write(authority, 'server', true);
    await write(authority, 'client');
    writeFileSync(file('ca.crt'), authority.certificatePem);
    writeFileSync(file('server-ca.crt'), authority.certificatePem);
    const args = [
      `--cert-file=${file('server.crt')}`,
      `--key-file=${file('server.key')}`,
      `--trusted-ca-file=${file('server-ca.crt')}`,
      '--client-cert-auth',
    ];
    const etcd = await startEtcd({ args, scheme: 'https' });
    const tls = {
      caFile: file('ca.crt'),
      certFile: file('client.crt'),
      keyFile: file('client.key'),
    };
    const store = new EtcdStore({ endpoints: [etcd.endpoint], tls, log });
    const at = await store.create('/registry/a', text('1'));
    const recorder = new Recorder(store, '/registry/', at);
    await recorder.untilEvents(1);
    assert.equal(store.reload(), false, 'nothing new');

    // another authority for both sides; the server trusts only it after its restart
    const next = await issueAuthority({ commonName: 'two', ...day });
    writeFileSync(file('ca.crt'), authority.certificatePem + next.certificatePem);
    const first = store.tlsFingerprint;
    writeFileSync(file('client.crt'), 'half written');
    assert.equal(store.reload(), false, 'unusable files change nothing');
    await write(next, 'client');
    await write(next, 'server', true);
    writeFileSync(file('server-ca.crt'), next.certificatePem);
    assert.equal(store.reload(), true);
    assert.notEqual(store.tlsFingerprint, first);
    await etcd.restart();
    const result = await store.update('/registry/a', text('2'), at);
    assert(result.ok);
    assert.equal((await recorder.untilEvents(2)).length, 2);
    await store.close();
    await etcd.stop();
    rmSync(folder, { recursive: true });
  });

  it('refuses endpoints it cannot use, by name', () => {
    const make = (...endpoints: string[]) => new EtcdStore({ endpoints, log });
    assert.throws(() => make(), /no etcd endpoints/);
    assert.throws(() => make('127.0.0.1:2379'), /"127.0.0.1:2379" is not of the form/);
  });
});
