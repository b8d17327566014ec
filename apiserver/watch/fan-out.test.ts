import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { silent } from '../../log/log.ts';
import { encodeStored } from '../storage/codec.ts';
import { EntryDecoder } from './decoder.ts';
import { CacheEvent, JsonRepresentation } from './event.ts';
import { FanOut } from './fan-out.ts';
import { defaultRingLimits, EventRing } from './ring.ts';
import { Watcher } from './watcher.ts';

const spec = { keyPrefix: '/registry/pods/', namespaced: true, apiVersion: 'v1', kind: 'Pod' };
const representation = new JsonRepresentation(spec);
const writeMs = 0.2;

/** So many watchers, each of whose writes takes {@link writeMs} of a clock of the test's own. */
function started(watchers: number, limits = defaultRingLimits) {
  let [now, revision] = [0, 0];
  const ring = new EventRing(0, limits);
  const fanOut = new FanOut(ring, () => now);
  const decoder = new EntryDecoder(silent);
  const clients = Array.from({ length: watchers }, () => {
    const client = { writes: [] as string[], full: false, ended: false };
    const start = { next: ring.next, initial: undefined, revision };
    const sink = {
      write(frames: readonly Buffer[]): boolean {
        now += writeMs;
        client.writes.push(frames.join('').replaceAll(/.*?"name":"(\w+)".*\n/g, '$1 '));
        return !client.full;
      },
      end: () => void (client.ended = true),
    };
    const watcher = new Watcher(ring, start, {}, representation, sink, () => {});
    watcher.pump();
    return Object.assign(client, { watcher });
  });
  const change = (name: string, note = ''): void => {
    const from = ring.next;
    const value = encodeStored({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'n', annotations: { note } },
    });
    const item = { key: `/registry/pods/n/${name}`, value, modRevision: ++revision };
    ring.push(new CacheEvent(decoder.entry(spec, item, 'ADDED'), undefined, false, 0));
    for (const { watcher } of clients) fanOut.owe(watcher, from);
    fanOut.serve(1, value.length);
  };
  const otherWork = (ms: number): void => void (now += ms);
  return { clients, change, otherWork, all: () => clients.map(({ writes }) => writes.join('')) };
}

describe('fan-out', () => {
  it('serves a few watchers at once', () => {
    const { change, all } = started(2);
    change('a');
    assert.deepEqual(all(), ['a ', 'a ']);
  });

  it('leaves the others to later turns of the event loop, in order', async () => {
    const { change, all } = started(8);
    change('a');
    assert.deepEqual(all(), ['a ', 'a ', 'a ', '', '', '', '', '']);
    await turn();
    assert.equal(all().join(''), 'a '.repeat(6));
    await turn();
    assert.equal(all().join(''), 'a '.repeat(8));
  });

  it('makes no write of much more than 32 KiB, so that slow clients do not hold all that is new', async () => {
    const { clients, change } = started(4);
    const [slow, , , last] = clients;
    if (slow !== undefined) slow.full = true;
    for (const name of ['a', 'b', 'c']) change(name, 'x'.repeat(70_000));
    for (let i = 0; i < 6; i++) await turn();
    assert.deepEqual(last?.writes, ['a ', 'b ', 'c ']);
    assert.deepEqual(slow?.writes, ['a ']);
    if (slow !== undefined) slow.full = false;
    slow?.watcher.resume();
    assert.deepEqual(slow?.writes, ['a ', 'b ', 'c ']);
  });

  it('takes as long as other work took since', async () => {
    const { change, otherWork, all } = started(30);
    change('a');
    otherWork(2);
    await turn();
    assert.equal(all().join(''), 'a '.repeat(13));
  });

  it('gives whoever waited all that has come meanwhile, in one write', async () => {
    const { clients, change, all } = started(4);
    change('a');
    change('b');
    change('c');
    await turn();
    await turn();
    assert.deepEqual(
      all(),
      Array.from({ length: 4 }, () => 'a b c '),
    );
    assert.deepEqual(clients[0]?.writes, ['a ', 'b c ']);
    assert.deepEqual(clients[3]?.writes, ['a b c ']);
  });

  it('rests as long as all took, and gives what came meanwhile in one write', async () => {
    const { clients, change, all } = started(24);
    change('a');
    for (let i = 0; i < 24; i++) await turn();
    change('b');
    change('c');
    assert.equal(all().join(''), 'a '.repeat(24));
    while (all().join('').length < 'a b c '.length * 24) await sleep(1);
    for (const { writes } of clients) assert.deepEqual(writes, ['a ', 'b c ']);
  });

  it('has rested when other work took as long', async () => {
    const { change, otherWork, all } = started(24);
    change('a');
    for (let i = 0; i < 24; i++) await turn();
    otherWork(25 * writeMs);
    change('b');
    assert.equal(all().join(''), `${'a b '.repeat(3)}${'a '.repeat(21)}`);
    for (let i = 0; i < 24; i++) await turn();
  });

  it('does not rest for a few watchers', async () => {
    const { change, all } = started(20);
    change('a');
    for (let i = 0; i < 20; i++) await turn();
    change('b');
    assert.equal(all().join(''), `${'a b '.repeat(3)}${'a '.repeat(17)}`);
    for (let i = 0; i < 20; i++) await turn();
  });

  it('never lets the ring overrun those who keep up', async () => {
    const { clients, change } = started(20, { ...defaultRingLimits, events: 8, minimumEvents: 1 });
    for (let i = 0; i < 30; i++) change(`p${i}`);
    for (let i = 0; i < 10; i++) await turn();
    for (const { writes, ended } of clients) {
      assert.ok(!ended);
      assert.equal(writes.join(''), Array.from({ length: 30 }, (_, i) => `p${i} `).join(''));
    }
  });

  it('goes past who is full, and ends it when the ring does', async () => {
    const { clients, change } = started(2, { ...defaultRingLimits, events: 4, minimumEvents: 1 });
    const [slow, other] = clients;
    assert.ok(slow !== undefined && other !== undefined);
    slow.full = true;
    for (const name of 'abcdefgh') change(name);
    await turn();
    assert.ok(slow.ended);
    assert.deepEqual(slow.writes, ['a ']);
    assert.equal(other.writes.join(''), 'a b c d e f g h ');
  });
});
