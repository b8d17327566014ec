import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import type { ProtobufWriter } from '../../../schema/protobuf-writer.ts';
import { compact, leaseGrant, range, status, txn, watch } from './requests.ts';

/** etcd's messages as its own definition and a library have them. */
const root = new protobuf.Root();
const protos = fileURLToPath(new URL('../proto/', import.meta.resolve('etcd3')));
root.resolvePath = (_, path) => join(protos, path);
root.loadSync('rpc.proto', { keepCase: true });

function parsed(type: string, message: ProtobufWriter): unknown {
  const of = root.lookupType(`etcdserverpb.${type}`);
  return of.toObject(of.decode(message.end()), { longs: String, enums: String });
}

function made(type: string, object: object): Buffer {
  const of = root.lookupType(`etcdserverpb.${type}`);
  return Buffer.from(of.encode(of.fromObject(object)).finish());
}

const key = Buffer.from('/registry/pods/ns/schön');
const big = Number.MAX_SAFE_INTEGER;
const numbers = [0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 35 - 1, 2 ** 35, big];
const header = { cluster_id: '14841639068965178418', member_id: '10276657743932975437' };
const clusterId = 14841639068965178418n;

describe('requests to etcd', () => {
  it('says a range', () => {
    const rangeEnd = Buffer.from([0]);
    const whole = { key, rangeEnd, limit: 500, revision: big, keysOnly: true };
    assert.deepEqual(parsed('RangeRequest', range.encode(whole)), {
      key,
      range_end: rangeEnd,
      limit: '500',
      revision: String(big),
      keys_only: true,
    });
    assert.deepEqual(parsed('RangeRequest', range.encode({ key })), { key });
  });

  it('says a transaction that writes, with every size of number', () => {
    for (const expected of numbers) {
      for (const size of [0, 1, 127, 128, 100_000]) {
        const value = Buffer.alloc(size, 7);
        const request = txn.encode({ key, value, expected, lease: 2n ** 63n - 1n });
        assert.deepEqual(parsed('TxnRequest', request), {
          compare: [{ target: 'Mod', key, mod_revision: String(expected) }],
          success: [{ request_put: { key, value, lease: String(2n ** 63n - 1n) } }],
          failure: [{ request_range: { key } }],
        });
      }
    }
  });

  it('says a transaction that deletes, and one without a lease', () => {
    const remove = txn.encode({ key, value: undefined, expected: 5, lease: 0n });
    const guard = { target: 'Mod', key, mod_revision: '5' };
    const failure = [{ request_range: { key } }];
    assert.deepEqual(parsed('TxnRequest', remove), {
      compare: [guard],
      success: [{ request_delete_range: { key } }],
      failure,
    });
    const put = txn.encode({ key, value: Buffer.from('v'), expected: 5, lease: 0n });
    assert.deepEqual(parsed('TxnRequest', put), {
      compare: [guard],
      success: [{ request_put: { key, value: Buffer.from('v') } }],
      failure,
    });
  });

  it('says what a watch is asked', () => {
    const request = { key, rangeEnd: Buffer.from([0]), startRevision: 2 ** 40 };
    const create = { key, range_end: Buffer.from([0]), start_revision: String(2 ** 40) };
    assert.deepEqual(parsed('WatchRequest', watch.encode({ ...request, progressNotify: true })), {
      create_request: { ...create, progress_notify: true, fragment: true },
    });
    assert.deepEqual(parsed('WatchRequest', watch.encode({ ...request, progressNotify: false })), {
      create_request: { ...create, fragment: true },
    });
    assert.deepEqual(parsed('WatchRequest', watch.encode('progress')), { progress_request: {} });
  });

  it('says the rest', () => {
    assert.deepEqual(parsed('CompactionRequest', compact.encode(77)), { revision: '77' });
    const grant = leaseGrant.encode({ ttlSeconds: 3_600 });
    assert.deepEqual(parsed('LeaseGrantRequest', grant), { TTL: '3600' });
    assert.deepEqual(parsed('StatusRequest', status.encode()), {});
  });
});

describe('answers of etcd', () => {
  const wire = (modRevision: number, value: Buffer) => ({
    key,
    create_revision: '3',
    mod_revision: String(modRevision),
    version: '12',
    value,
    lease: '7587869134577433357',
  });
  const read = (modRevision: number, value: Buffer) => ({
    key: key.toString(),
    value,
    createRevision: 3,
    modRevision,
  });

  it('reads a range', () => {
    for (const number of numbers) {
      const value = Buffer.alloc(Math.min(number, 70_000), 1);
      const message = made('RangeResponse', {
        header: { ...header, revision: String(number), raft_term: '4' },
        kvs: [wire(number, value), wire(5, Buffer.alloc(0))],
        more: true,
        count: String(number),
      });
      assert.deepEqual(range.decode(message), {
        header: { clusterId, revision: number },
        kvs: [read(number, value), read(5, Buffer.alloc(0))],
        more: true,
        count: number,
      });
    }
    const empty = range.decode(made('RangeResponse', { header: { ...header, revision: 1 } }));
    assert.deepEqual(empty.kvs, []);
    assert.deepEqual([empty.more, empty.count], [false, 0]);
  });

  it('shares the memory of the message with the values', () => {
    const message = made('RangeResponse', { kvs: [wire(5, Buffer.alloc(100, 1))] });
    assert.equal(range.decode(message).kvs[0]?.value.buffer, message.buffer);
  });

  it('reads what became of a transaction', () => {
    const at = { ...header, revision: '9' };
    const put = made('TxnResponse', {
      header: at,
      succeeded: true,
      responses: [{ response_put: { header: { revision: '9' } } }],
    });
    const known = { clusterId, revision: 9 };
    assert.deepEqual(txn.decode(put), { header: known, succeeded: true, current: undefined });
    const other = (kvs: object[]) =>
      made('TxnResponse', { header: at, responses: [{ response_range: { kvs, count: '1' } }] });
    const current = read(8, Buffer.from('x'));
    const lost = txn.decode(other([wire(8, Buffer.from('x'))]));
    assert.deepEqual(lost, { header: known, succeeded: false, current });
    assert.equal(txn.decode(other([])).current, undefined);
  });

  it('reads what a watch tells', () => {
    const message = made('WatchResponse', {
      header: { ...header, revision: '40' },
      watch_id: '-1',
      fragment: true,
      events: [
        { type: 'Put', kv: wire(39, Buffer.from('v')) },
        { type: 'Delete', kv: { key, mod_revision: '40' }, prev_kv: wire(39, Buffer.from('v')) },
      ],
    });
    const removed = { key: key.toString(), value: Buffer.alloc(0), createRevision: 0 };
    assert.deepEqual(watch.decode(message), {
      header: { clusterId, revision: 40 },
      created: false,
      canceled: false,
      compactRevision: 0,
      cancelReason: '',
      fragment: true,
      events: [
        { put: true, kv: read(39, Buffer.from('v')) },
        { put: false, kv: { ...removed, modRevision: 40 } },
      ],
    });
    const end = { created: true, canceled: true, compact_revision: '33', cancel_reason: 'gone' };
    const ended = watch.decode(made('WatchResponse', { header: { revision: 1 }, ...end }));
    assert.deepEqual(
      [ended.created, ended.canceled, ended.compactRevision, ended.cancelReason],
      [true, true, 33, 'gone'],
    );
  });

  it('reads a lease and a status', () => {
    const lease = made('LeaseGrantResponse', { header, ID: '7587869134577433357', TTL: '60' });
    assert.equal(leaseGrant.decode(lease), 7587869134577433357n);
    const state = { version: '3.5.30', dbSize: '20480', leader: '1027665774393297543' };
    const answer = made('StatusResponse', { header, ...state, errors: ['one'], dbSizeInUse: '5' });
    assert.deepEqual(status.decode(answer), { version: '3.5.30', dbSize: 20480 });
  });

  it('refuses what is cut off', () => {
    const message = made('RangeResponse', { kvs: [wire(5, Buffer.alloc(100, 1))] });
    for (let length = 1; length < message.length; length++) {
      assert.throws(() => range.decode(message.subarray(0, length)), /^Error: unexpected EOF$/);
    }
  });
});
