import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EtcdMember, EtcdStatus } from './client.ts';
import { foundingLedger, type Ledger, readLedger, writeLedger } from './ledger.ts';
import {
  type MembershipAction,
  type MembershipView,
  planMembership,
  type PodView,
} from './membership.ts';

/** etcd and a StatefulSet reduced to what membership is about; every rule of etcd's is enforced. */
class World {
  ledger: Ledger;
  wanted: number;
  members: EtcdMember[] = [];
  /** Pods whose etcd runs, with the ID it runs under. */
  running = new Map<string, string>();
  pods = new Map<string, PodView>();
  leader = '';
  #ids = 100;

  constructor(count: number) {
    this.wanted = count;
    const names = Array.from({ length: count }, (_, i) => `m-${i}`);
    this.ledger = foundingLedger('t', names, peerURL);
    this.members = names.map((name, i) => this.#member(name, `${i + 1}`));
    for (const { name, id } of this.members) this.start(name, id);
    this.elect();
  }

  #member(name: string, id: string): EtcdMember {
    return { id, name, peerURLs: [peerURL(name)], learner: false };
  }

  start(name: string, id: string): void {
    this.running.set(name, id);
    const view = { uid: name, lostDisk: false, outdated: false, ready: true, terminating: false };
    this.pods.set(name, view);
  }

  hasQuorum(): boolean {
    const voters = this.members.filter((m) => !m.learner);
    return voters.filter((m) => this.running.get(m.name) === m.id).length > voters.length / 2;
  }

  elect(): void {
    const alive = this.members.filter((m) => !m.learner && this.running.get(m.name) === m.id);
    if (!alive.some((m) => m.id === this.leader)) this.leader = alive.at(-1)?.id ?? '';
    if (!this.hasQuorum()) this.leader = '';
  }

  loseDisk(name: string): void {
    this.running.delete(name);
    const pod = this.pods.get(name);
    if (pod !== undefined) Object.assign(pod, { lostDisk: true, ready: false });
    this.elect();
  }

  view(): MembershipView {
    const statuses = new Map<string, EtcdStatus>();
    for (const [name, memberId] of this.running) {
      const learner = this.members.find((m) => m.id === memberId)?.learner ?? false;
      const { leader } = this;
      statuses.set(name, { memberId, clusterId: 'c', leader, version: '3.6', learner, errors: [] });
    }
    const members = this.hasQuorum() ? this.members : undefined;
    return {
      wanted: this.wanted,
      ledger: this.ledger,
      etcd: { members, statuses, failures: new Map() },
      pods: this.pods,
      memberName: (i) => `m-${i}`,
      peerURL,
      mayShrink: true,
    };
  }

  step(): MembershipAction {
    const action = planMembership(this.view());
    this.carryOut(action);
    this.elect();
    return action;
  }

  carryOut(action: MembershipAction): void {
    switch (action.kind) {
      case 'record':
        this.ledger = readLedger(writeLedger(action.ledger)) ?? this.ledger;
        return this.kubelet();
      case 'add-learner': {
        assert.ok(
          this.members.every((m) => !m.learner),
          'etcd allows one learner',
        );
        const fresh = { id: `${this.#ids++}`, name: '', peerURLs: [action.peerURL], learner: true };
        this.members = [...this.members, fresh];
        return;
      }
      case 'promote':
        this.members = this.members.map((m) => (m.id === action.id ? { ...m, learner: false } : m));
        return;
      case 'remove': {
        assert.ok(this.hasQuorum(), 'a removal needs a quorum');
        assert.notEqual(action.id, this.leader, 'the leader is moved first');
        this.members = this.members.filter((m) => m.id !== action.id);
        assert.ok(this.hasQuorum(), 'and must leave one');
        if (this.running.get(action.name) === action.id) this.running.delete(action.name);
        return;
      }
      case 'move-leader':
        assert.equal(this.running.get(action.to), action.toId);
        this.leader = action.toId;
        return;
      case 'restart':
        this.pods.delete(action.name);
        this.running.delete(action.name);
        return this.kubelet();
      default:
        return;
    }
  }

  /** Starts what the ledger lets start. */
  kubelet(): void {
    for (const { name, phase, start, id } of this.ledger.members) {
      if (phase === 'Gone') this.pods.delete(name);
      else if (id !== undefined && this.pods.get(name)?.lostDisk !== true && start !== 'wait') {
        if (!this.running.has(name)) this.start(name, id);
        this.members = this.members.map((m) => (m.id === id ? { ...m, name } : m));
      }
    }
  }

  settle(): MembershipAction[] {
    const actions: MembershipAction[] = [];
    for (let i = 0; i < 200; i++) {
      const action = this.step();
      actions.push(action);
      if (action.kind === 'settled' || action.kind === 'stalled') return actions;
    }
    return assert.fail(`never settled: ${JSON.stringify(actions.slice(-3))}`);
  }
}

function peerURL(name: string): string {
  return `https://${name}:2380`;
}

describe('planMembership', () => {
  it('settles after bootstrap with every member a voter that may only resume', () => {
    const world = new World(3);
    world.settle();
    for (const m of world.ledger.members) assert.deepEqual([m.phase, m.start], ['Voter', 'resume']);
  });

  it('replaces a lost disk: removed, added as a learner, started anew, promoted', () => {
    const world = new World(3);
    world.settle();
    world.loseDisk('m-1');
    const kinds = world.settle().map((a) => a.kind);
    const steps = ['remove', 'record', 'add-learner', 'record', 'restart', 'record', 'promote'];
    assert.deepEqual(kinds, [...steps, 'record', 'settled']);
  });

  it('stalls, and touches nothing, when the majority lost its data', () => {
    const world = new World(3);
    world.settle();
    world.loseDisk('m-0');
    world.loseDisk('m-2');
    const [first] = world.settle();
    assert.equal(first?.kind, 'stalled');
    assert.match(first?.kind === 'stalled' ? first.why : '', /m-0, m-2 is lost .* restore/);
  });

  it('shrinks 5 to 1 in one edit, one member at a time, never removing the leader', () => {
    const world = new World(5);
    world.settle();
    world.wanted = 1;
    const actions = world.settle();
    assert.equal(actions.filter((a) => a.kind === 'remove').length, 4);
    assert.deepEqual(
      world.members.map((m) => m.name),
      ['m-0'],
    );
  });

  it('restarts outdated members one by one, the leader last and only after it has handed over', () => {
    const world = new World(3);
    world.settle();
    const leader = world.members.find((m) => m.id === world.leader)?.name;
    for (const pod of world.pods.values()) pod.outdated = true;
    const actions = world.settle().filter((a) => a.kind === 'restart' || a.kind === 'move-leader');
    assert.deepEqual(
      actions.map((a) => a.kind),
      ['restart', 'restart', 'move-leader', 'restart'],
    );
    const last = actions.at(-1);
    assert.equal(last?.kind === 'restart' && last.name, leader);
  });

  it('will not restart while another member is unwell', () => {
    const world = new World(3);
    world.settle();
    for (const pod of world.pods.values()) pod.outdated = true;
    const pod = world.pods.get('m-2');
    if (pod !== undefined) pod.ready = false;
    const action = planMembership(world.view());
    assert.equal(action.kind, 'wait');
  });

  it('stops at a member it did not add, and says how to go on', () => {
    const world = new World(3);
    world.settle();
    world.members = [
      ...world.members,
      { id: 'f00', name: 'x', peerURLs: ['https://x'], learner: true },
    ];
    const action = planMembership(world.view());
    assert.match(action.kind === 'stalled' ? action.why : '', /etcdctl member remove f00/);
  });

  it('reaches any size from any size through any losses, always with a quorum', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('size' as const), to: fc.constantFrom(1, 3, 5) }),
      fc.record({ kind: fc.constant('lose' as const), which: fc.nat(4) }),
      fc.record({ kind: fc.constant('steps' as const), count: fc.nat(12) }),
    );
    fc.assert(
      fc.property(fc.constantFrom(1, 3, 5), fc.array(event, { maxLength: 12 }), (size, events) => {
        const world = new World(size);
        world.settle();
        for (const e of events) {
          if (e.kind === 'size') world.wanted = e.to;
          else if (e.kind === 'steps') for (let i = 0; i < e.count; i++) world.step();
          else {
            const voters = world.members.filter((m) => !m.learner);
            const alive = voters.filter((m) => world.running.get(m.name) === m.id);
            const victim = alive[e.which % alive.length];
            // Only losses that leave a quorum: without one no operator can help.
            if (victim !== undefined && alive.length - 1 > voters.length / 2) {
              world.loseDisk(victim.name);
            }
          }
        }
        world.settle();
        const active = world.ledger.members.filter((m) => m.phase === 'Voter');
        assert.equal(active.length, world.wanted);
        assert.equal(world.members.length, world.wanted);
      }),
      { numRuns: 300 },
    );
  });
});
