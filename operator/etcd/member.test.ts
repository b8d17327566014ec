import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MemberRecord } from './ledger.ts';
import { decide } from './member.ts';

const record: MemberRecord = {
  name: 'demo-etcd-0',
  phase: 'Voter',
  start: 'resume',
  incarnation: 2,
  initialCluster: 'demo-etcd-0=https://a:2380',
};
const empty = { hasData: false, incarnation: undefined };
const own = { hasData: true, incarnation: 2 };
const older = { hasData: true, incarnation: 1 };

describe('decide', () => {
  it('runs a member on its own data, whatever its start rule', () => {
    for (const start of ['new', 'join', 'resume'] as const) {
      assert.equal(decide({ ...record, start }, own).kind, 'run');
    }
    assert.equal(decide({ ...record, phase: 'Leaving' }, own).kind, 'run');
  });

  it('starts an empty disk as the record says', () => {
    const first = { kind: 'start', wipe: true };
    assert.deepEqual(decide({ ...record, start: 'new' }, empty), { ...first, state: 'new' });
    assert.deepEqual(decide({ ...record, start: 'join' }, empty), { ...first, state: 'existing' });
  });

  it('throws away the data of an incarnation that etcd has removed', () => {
    const decision = decide({ ...record, phase: 'Learner', start: 'join' }, older);
    assert.deepEqual(decision, { kind: 'start', state: 'existing', wipe: true });
  });

  it('reports a lost disk, also when only the marker is left', () => {
    assert.equal(decide(record, empty).kind, 'lost');
    assert.equal(decide(record, { hasData: false, incarnation: 2 }).kind, 'lost');
  });

  it('refuses data of another cluster instead of deleting it', () => {
    const foreign = { hasData: true, incarnation: undefined };
    for (const start of ['new', 'join', 'resume'] as const) {
      assert.equal(decide({ ...record, start }, foreign).kind, 'refuse');
    }
  });

  it('waits without a record, when told to, when gone, and on a stale record', () => {
    assert.equal(decide(undefined, own).kind, 'wait');
    assert.equal(decide({ ...record, start: 'wait' }, own).kind, 'wait');
    assert.equal(decide({ ...record, phase: 'Gone' }, own).kind, 'wait');
    assert.equal(decide(record, { hasData: true, incarnation: 3 }).kind, 'wait');
  });

  it('never starts an empty disk under an identity that has run before', () => {
    const anyRecord = fc.record({
      name: fc.constant('m'),
      phase: fc.constantFrom('Pending', 'Learner', 'Voter', 'Leaving', 'Gone'),
      start: fc.constantFrom('resume', 'wait'),
      incarnation: fc.integer({ min: 1, max: 3 }),
      initialCluster: fc.constant(''),
    }) as fc.Arbitrary<MemberRecord>;
    const anyDisk = fc.record({
      hasData: fc.constant(false),
      incarnation: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(anyRecord, anyDisk, (r, disk) => {
        assert.notEqual(decide(r, disk).kind, 'start');
        assert.notEqual(decide(r, disk).kind, 'run');
      }),
    );
  });
});
