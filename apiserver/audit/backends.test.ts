import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { blocking, type EventSink, strict, turnByTurn } from './backend.ts';
import { buffered } from './buffered.ts';
import type { AuditEvent } from './event.ts';
import { legacyLine } from './legacy-line.ts';
import { makeLogSink } from './log-sink.ts';
import { truncated } from './truncate.ts';
import { makeWebhookSink } from './webhook-sink.ts';

/** Where events go and when: modes, files, batches. */
const folder = mkdtempSync(join(tmpdir(), 'audit-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const event = (auditID: string, more: object = {}): AuditEvent =>
  ({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID, ...more }) as AuditEvent;
const long = (auditID: string): AuditEvent => event(auditID, { userAgent: 'x'.repeat(600_000) });
const noFailure = (_events: number, error: Error) => assert.fail(error);
const noRotation = { maxAgeDays: 0, maxBackups: 0, maxSizeMegabytes: 0 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the log is lines, rotated by size, so many kept', async () => {
  const path = join(folder, 'audit.log');
  let day = 1;
  const sink = makeLogSink({
    path,
    maxAgeDays: 0,
    maxBackups: 2,
    maxSizeMegabytes: 1,
    onLost: noFailure,
    // Asked at the start, and twice per rotation: for the name, and for what is too old.
    now: () => new Date(Date.UTC(2026, 0, day++)),
  });
  for (let i = 0; i < 5; i++) {
    sink.write([long(String(i))]);
    await turn();
  }
  await sink.close();
  assert.deepEqual(readdirSync(folder).toSorted(), [
    'audit-2026-01-06T00-00-00.000.log',
    'audit-2026-01-08T00-00-00.000.log',
    'audit.log',
  ]);
  const line = readFileSync(path, 'utf8').trimEnd();
  assert.equal(JSON.parse(line).auditID, '4');
});

test('rotated files are gzipped when asked, those of before as well, and go when they are too old', async () => {
  const of = join(folder, 'packed');
  mkdirSync(of);
  for (const [name, text] of [
    ['audit-2025-12-31T00-00-00.000.log', 'before'],
    ['audit-2025-12-01T00-00-00.000.log.gz', 'old'],
    ['audit-yesterday.log', 'not of the log'],
  ] as const) {
    writeFileSync(join(of, name), text);
  }
  const sink = makeLogSink({
    path: join(of, 'audit.log'),
    maxAgeDays: 7,
    maxBackups: 0,
    maxSizeMegabytes: 1,
    compress: true,
    onLost: noFailure,
    now: () => new Date(Date.UTC(2026, 0, 1)),
  });
  for (const auditID of ['first', 'second']) sink.write([long(auditID)]);
  await sink.close();
  const packed = 'audit-2026-01-01T00-00-00.000.log.gz';
  assert.deepEqual(readdirSync(of).toSorted(), [
    'audit-2025-12-31T00-00-00.000.log.gz',
    packed,
    'audit-yesterday.log',
    'audit.log',
  ]);
  const text = gunzipSync(readFileSync(join(of, packed))).toString('utf8');
  assert.equal(JSON.parse(text).auditID, 'first');
});

test('a size of 0 never rotates, and what is larger than a file is lost', async () => {
  const path = join(folder, 'endless', 'audit.log');
  const sink = makeLogSink({ path, ...noRotation, onLost: noFailure });
  for (let i = 0; i < 200; i++) sink.write([long(String(i))]);
  await sink.close();
  assert.deepEqual(readdirSync(join(folder, 'endless')), ['audit.log']);
  const lost: string[] = [];
  const small = makeLogSink({
    ...{ path, maxAgeDays: 0, maxBackups: 0, maxSizeMegabytes: 1 },
    onLost: (count, { message }) => lost.push(`${count} ${message.replace(/\d+/, 'N')}`),
  });
  assert.equal(small.write([event('x', { userAgent: 'x'.repeat(1 << 20) })]), false);
  await small.close();
  assert.deepEqual(lost, ['1 write length N exceeds maximum file size 1048576']);
});

test('modes: blocking-strict says what became of an event, the others go on', async () => {
  const path = join(folder, 'modes.log');
  closeSync(openSync(path, 'w'));
  const failing: EventSink = { write: () => false, close: async () => {} };
  const later: EventSink = { write: async () => false, close: async () => {} };
  assert.equal(strict(failing).write(event('a')), false);
  assert.equal(await strict(later).write(event('a')), false);
  assert.equal(blocking(failing).write(event('a')), true);
  const waiting = blocking(later).write(event('a'));
  assert.ok(waiting instanceof Promise);
  assert.equal(await waiting, true);
  const sink = makeLogSink({ path, ...noRotation, onLost: noFailure });
  const log = turnByTurn(sink);
  log.write(event('a'));
  assert.equal(readFileSync(path, 'utf8'), '');
  await turn();
  assert.match(readFileSync(path, 'utf8'), /"auditID":"a"/);
  strict(sink).write(event('b'));
  assert.match(readFileSync(path, 'utf8'), /"auditID":"b"/);
  await log.close();
});

test('--audit-log-format=legacy', () => {
  const full = event('id', {
    stage: 'ResponseComplete',
    verb: 'get',
    requestURI: '/api?x="1"',
    user: { username: 'alice', groups: ['dev', 'ops'] },
    impersonatedUser: { username: 'bob' },
    sourceIPs: ['10.0.0.1', '10.0.0.2'],
    userAgent: 'kubectl',
    objectRef: { resource: 'pods', namespace: 'ns' },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: '2026-01-01T00:00:00.120000Z',
  });
  assert.equal(
    legacyLine(full),
    String.raw`2026-01-01T00:00:00.12Z AUDIT: id="id" stage="ResponseComplete" ip="10.0.0.1" method="get" user="alice" groups="\"dev\",\"ops\"" as="bob" asgroups="<lookup>" user-agent="kubectl" namespace="ns" uri="/api?x=\"1\"" response="200"`,
  );
  const bare = event('id', {
    ...{ stage: 'RequestReceived', verb: 'get', requestURI: '/api', user: {} },
    requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
  });
  assert.equal(
    legacyLine(bare),
    '2026-01-01T00:00:00Z AUDIT: id="id" stage="RequestReceived" ip="<unknown>" method="get" user="<none>" groups="<none>" as="<self>" asgroups="<lookup>" user-agent="" namespace="<none>" uri="/api" response="<deferred>"',
  );
});

test('the webhook is asked again after a failure, and not any more at the end', async () => {
  let failures = 1;
  const lists: string[][] = [];
  let lost = 0;
  const sink = makeWebhookSink({
    post: async (body) => {
      if (failures-- > 0) throw new Error('down');
      const { items } = body as { items: AuditEvent[] };
      assert.ok(items.every((item) => !Object.hasOwn(item, 'kind')));
      lists.push(items.map((item) => item.auditID));
    },
    initialBackoffMs: 1,
    onLost: (count) => {
      lost += count;
    },
  });
  assert.equal(await sink.write([event('a'), event('b')]), true);
  assert.deepEqual([lists, lost], [[['a', 'b']], 0]);
  failures = 5;
  assert.equal(await sink.write([event('c')]), false);
  failures = 1;
  const last = sink.write([event('d')]);
  await sink.close();
  assert.equal(await last, false);
  assert.equal(lost, 2);
});

function recorder(): { sink: EventSink; batches: string[] } {
  const batches: string[] = [];
  const write = (events: readonly AuditEvent[]) =>
    batches.push(events.map(({ auditID }) => auditID).join('')) > 0;
  return { sink: { write, close: async () => {} }, batches };
}

test('mode batch: full batches at once, others when their time has come', async () => {
  const { sink, batches } = recorder();
  const options = { bufferSize: 2, batchSize: 2, maxWaitMs: 40, throttle: undefined };
  const backend = buffered(sink, options, () => assert.fail('lost'));
  for (const id of 'abcde') assert.equal(backend.write(event(id)), true);
  assert.deepEqual(batches, ['ab', 'cd']);
  while (batches.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(batches[2], 'e');
  backend.write(event('f'));
  await backend.close();
  assert.equal(batches[3], 'f');
});

test('mode batch: held back by the throttle, the buffer fills, and at the end all goes', async () => {
  const { sink, batches } = recorder();
  let lost = 0;
  const throttle = { qps: 0.1, burst: 1 };
  const options = { bufferSize: 3, batchSize: 1, maxWaitMs: 0, throttle };
  const backend = buffered(sink, options, () => void (lost += 1));
  // one goes, one is held, three wait
  for (const id of 'abcdefg') backend.write(event(id));
  assert.deepEqual([batches, lost], [['a'], 2]);
  await backend.close();
  assert.deepEqual(batches, [...'abcde']);
  backend.write(event('h'));
  assert.equal(lost, 3);
});

test('an event that is too long loses its bodies, then itself', () => {
  const events: AuditEvent[] = [];
  const lost: string[] = [];
  const backend = truncated(
    { write: (one) => events.push(one) > 0, close: async () => {} },
    200,
    ({ auditID }) => lost.push(auditID),
  );
  backend.write({ auditID: 'short', requestObject: { a: 1 } } as AuditEvent);
  backend.write({ auditID: 'long', requestObject: 'x'.repeat(300) } as AuditEvent);
  assert.equal(
    backend.write({ auditID: 'hopeless', userAgent: 'x'.repeat(300) } as AuditEvent),
    true,
  );
  // of metadata there is nothing to leave out
  backend.write({ auditID: 'bare', level: 'Metadata', userAgent: 'x'.repeat(200) } as AuditEvent);
  assert.deepEqual(events, [
    { auditID: 'short', requestObject: { a: 1 } },
    { auditID: 'long', annotations: { 'audit.k8s.io/truncated': 'true' } },
  ]);
  assert.deepEqual(lost, ['hopeless', 'bare']);
});
