import { followAll } from './follow.ts';
import { type Ledger, type MemberRecord, ordinalOf, withRecord } from './ledger.ts';
import { type EtcdView, leaderOf } from './probe.ts';

/**
 * Which one thing to do about etcd's membership next: pure, from the ledger and what is seen.
 *
 *   Pending -> (add as learner) -> Learner -> (promote) -> Voter
 *   Voter -> Leaving -> (leader moved, removed) -> Gone
 *   a Voter that lost its disk -> (removed) -> Pending, as a new incarnation
 *
 * etcd is asked first and the ledger follows what is then seen, so a step that was interrupted
 * anywhere is simply seen half done and continued. Rules: etcd-io/website v3.6, faq.md (remove
 * before add), runtime-configuration.md (one at a time), design-learner.md.
 */

export interface PodView {
  uid: string;
  /** Its member ended because its data is gone, and does not run now. */
  lostDisk: boolean;
  /** Made from an older pod template. */
  outdated: boolean;
  ready: boolean;
  terminating: boolean;
}

export interface MembershipView {
  wanted: number;
  ledger: Ledger;
  etcd: EtcdView;
  /** By name. */
  pods: ReadonlyMap<string, PodView>;
  /** Name of the pod with this ordinal. */
  memberName: (ordinal: number) => string;
  peerURL: (member: string) => string;
  /** Clients no longer use the members that are to leave. */
  mayShrink: boolean;
}

export type MembershipAction =
  | { kind: 'record'; ledger: Ledger; why: string }
  | { kind: 'add-learner'; name: string; peerURL: string; why: string }
  | { kind: 'promote'; name: string; id: string; why: string }
  | { kind: 'remove'; name: string; id: string; why: string }
  | { kind: 'move-leader'; from: string; to: string; toId: string; why: string }
  | { kind: 'restart'; name: string; uid: string; why: string }
  | { kind: 'wait'; why: string }
  /** Nothing the operator may do can help. */
  | { kind: 'stalled'; why: string }
  | { kind: 'settled' };

const doing = {
  'add-learner': 'is added as a learner',
  promote: 'becomes a voter',
  remove: 'is removed',
  restart: 'restarts',
} as const;

/** The action in words, for a person; undefined when there is nothing to say. */
export function explain(action: MembershipAction | undefined): string | undefined {
  if (action === undefined || action.kind === 'settled') return undefined;
  if ('name' in action) return `${action.name} ${doing[action.kind]}: ${action.why}`;
  if (action.kind !== 'move-leader') return action.why;
  return `${action.from} hands leadership to ${action.to}: ${action.why}`;
}

export function isHealthy(record: MemberRecord, etcd: EtcdView): boolean {
  const status = etcd.statuses.get(record.name);
  return status !== undefined && status.memberId === record.id && status.leader !== '';
}

function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

function activeOf(ledger: Ledger): MemberRecord[] {
  return ledger.members.filter((m) => m.phase !== 'Gone');
}

function hasLostDisk(record: MemberRecord, view: MembershipView): boolean {
  const pod = view.pods.get(record.name);
  return (
    record.start === 'resume' &&
    pod?.lostDisk === true &&
    !pod.terminating &&
    view.etcd.statuses.get(record.name)?.memberId !== record.id
  );
}

/** Without a quorum nothing can be changed; say what is missing. */
function withoutQuorum(view: MembershipView): MembershipAction {
  const active = activeOf(view.ledger);
  if (active.every((m) => m.start === 'new')) {
    const up = active.filter((m) => view.etcd.statuses.has(m.name)).length;
    return {
      kind: 'wait',
      why: `the first members are starting, ${up} of ${active.length} answer`,
    };
  }
  const voters = active.filter((m) => m.phase === 'Voter' || m.phase === 'Leaving');
  const lost = voters.filter((m) => hasLostDisk(m, view)).map((m) => m.name);
  const needed = quorumOf(voters.length);
  if (voters.length - lost.length < needed) {
    return {
      kind: 'stalled',
      why: `the data of ${lost.join(', ')} is lost and ${needed} of ${voters.length} members are needed: restore from a backup`,
    };
  }
  const silent = voters.filter((m) => !isHealthy(m, view.etcd)).map((m) => m.name);
  return {
    kind: 'wait',
    why: `no quorum: ${voters.length - silent.length} of ${voters.length} members answer, ${needed} are needed; waiting for ${silent.join(', ')}`,
  };
}

/** A pod that takes no part and is made from an older template can only gain from a new one. */
function restartUseless(view: MembershipView): MembershipAction | null {
  for (const { name } of activeOf(view.ledger)) {
    const pod = view.pods.get(name);
    if (pod === undefined || pod.ready || pod.terminating || !pod.outdated) continue;
    if (view.etcd.statuses.has(name)) continue;
    return { kind: 'restart', name, uid: pod.uid, why: 'it does not run and its template changed' };
  }
  return null;
}

function continueLearner(record: MemberRecord, view: MembershipView): MembershipAction {
  const { name, id = '' } = record;
  const pod = view.pods.get(name);
  if (ordinalOf(name) >= view.wanted) {
    return { kind: 'remove', name, id, why: 'it is no longer wanted' };
  }
  if (hasLostDisk(record, view)) {
    return { kind: 'remove', name, id, why: 'its disk is empty again' };
  }
  if (record.start === 'resume' && view.etcd.statuses.get(name)?.memberId === id) {
    return { kind: 'promote', name, id, why: 'it follows the leader' };
  }
  if (record.start === 'join' && pod?.lostDisk === true && !pod.terminating) {
    return { kind: 'restart', name, uid: pod.uid, why: 'it can join now' };
  }
  return { kind: 'wait', why: `${name} is joining` };
}

function letGo(record: MemberRecord, view: MembershipView, why: string): MembershipAction {
  const { name, id = '' } = record;
  const voters = activeOf(view.ledger).filter((m) => m.phase === 'Voter' || m.phase === 'Leaving');
  const others = voters.filter((m) => m.name !== name && isHealthy(m, view.etcd));
  const needed = quorumOf(voters.length - 1);
  if (others.length < needed) {
    return {
      kind: 'wait',
      why: `${name} stays until ${needed} other members are healthy (${others.length} are)`,
    };
  }
  const heir = others.find((m) => m.phase === 'Voter');
  if (leaderOf(view.etcd.statuses) === name && heir?.id !== undefined) {
    return { kind: 'move-leader', from: name, to: heir.name, toId: heir.id, why };
  }
  return { kind: 'remove', name, id, why };
}

/** A change that was begun goes before any other: one in flight. */
function continueChange(view: MembershipView): MembershipAction | null {
  const active = activeOf(view.ledger);
  const learner = active.find((m) => m.phase === 'Learner');
  if (learner !== undefined) return continueLearner(learner, view);
  // Before a healthy member leaves: without its vote the others could be too few.
  const lost = active.find((m) => hasLostDisk(m, view));
  if (lost !== undefined) {
    const back = lost.phase === 'Leaving' ? '' : ', it comes back as a new one';
    return letGo(lost, view, `its disk is empty${back}`);
  }
  const leaving = active.find((m) => m.phase === 'Leaving');
  if (leaving !== undefined) return letGo(leaving, view, 'fewer members are wanted');
  const pending = active.find((m) => m.phase === 'Pending' && m.start === 'wait');
  if (pending !== undefined) {
    const { name } = pending;
    if (ordinalOf(name) >= view.wanted) {
      const ledger = withRecord(view.ledger, name, { phase: 'Gone' });
      return { kind: 'record', ledger, why: `${name} is no longer wanted` };
    }
    return {
      kind: 'add-learner',
      name,
      peerURL: view.peerURL(name),
      why: 'it joins once all members have been connected for 5 s',
    };
  }
  return null;
}

function unhealthyOf(view: MembershipView): string[] {
  return activeOf(view.ledger)
    .filter((m) => m.phase !== 'Voter' || !isHealthy(m, view.etcd))
    .map((m) => m.name);
}

function grow(view: MembershipView): MembershipAction {
  const unhealthy = unhealthyOf(view);
  if (unhealthy.length > 0) {
    return { kind: 'wait', why: `a member is added when ${unhealthy.join(', ')} is healthy` };
  }
  const taken = new Set(activeOf(view.ledger).map((m) => ordinalOf(m.name)));
  const free = Array.from({ length: view.wanted }, (_, i) => i).find((i) => !taken.has(i)) ?? 0;
  const name = view.memberName(free);
  const before = view.ledger.members.find((m) => m.name === name);
  const record: MemberRecord = {
    name,
    phase: 'Pending',
    start: 'wait',
    incarnation: (before?.incarnation ?? 0) + 1,
    initialCluster: '',
  };
  const members = [...view.ledger.members.filter((m) => m.name !== name), record];
  return { kind: 'record', ledger: { ...view.ledger, members }, why: `${name} is added` };
}

function shrink(view: MembershipView): MembershipAction {
  if (!view.mayShrink) {
    return { kind: 'wait', why: 'members leave when no API server uses them any more' };
  }
  const last = activeOf(view.ledger).reduce((a, b) =>
    ordinalOf(a.name) > ordinalOf(b.name) ? a : b,
  );
  const ledger = withRecord(view.ledger, last.name, { phase: 'Leaving' });
  return { kind: 'record', ledger, why: `${last.name} is to leave` };
}

/** Pods of an older template, one at a time, followers first, and only while all are well. */
function roll(view: MembershipView): MembershipAction {
  const active = activeOf(view.ledger);
  const outdated = active.filter((m) => view.pods.get(m.name)?.outdated === true);
  if (outdated.length === 0) return { kind: 'settled' };
  const unhealthy = unhealthyOf(view);
  const unready = active.filter((m) => {
    const pod = view.pods.get(m.name);
    return pod === undefined || !pod.ready || pod.terminating;
  });
  const waitFor = [...new Set([...unhealthy, ...unready.map((m) => m.name)])];
  if (waitFor.length > 0) {
    return { kind: 'wait', why: `the next member restarts when ${waitFor.join(', ')} is healthy` };
  }
  const leader = leaderOf(view.etcd.statuses);
  const next = outdated.find((m) => m.name !== leader) ?? outdated[0];
  if (next === undefined) return { kind: 'settled' };
  const heir = active.find((m) => m.name !== next.name);
  if (next.name === leader && heir?.id !== undefined) {
    const why = 'it is about to restart';
    return { kind: 'move-leader', from: next.name, to: heir.name, toId: heir.id, why };
  }
  const uid = view.pods.get(next.name)?.uid ?? '';
  return { kind: 'restart', name: next.name, uid, why: 'its template changed' };
}

/** The next step; `settled` when membership is as wanted and every pod is current. */
export function planMembership(view: MembershipView): MembershipAction {
  const { members } = view.etcd;
  const useless = restartUseless(view);
  if (useless !== null) return useless;
  if (members === undefined) return withoutQuorum(view);
  const followed = followAll(view.ledger, members, view.etcd.statuses, view.peerURL);
  if (followed !== null) return { kind: 'record', ...followed };
  const known = new Set(view.ledger.members.map((m) => m.id));
  const urls = new Set(activeOf(view.ledger).map((m) => view.peerURL(m.name)));
  const stranger = members.find((m) => !known.has(m.id) && !m.peerURLs.some((u) => urls.has(u)));
  if (stranger !== undefined) {
    return {
      kind: 'stalled',
      why: `etcd has a member ${stranger.id} (${stranger.peerURLs.join(', ')}) that the operator did not add; remove it with etcdctl member remove ${stranger.id}`,
    };
  }
  const begun = continueChange(view);
  if (begun !== null) return begun;
  const active = activeOf(view.ledger);
  if (active.some((m) => m.start === 'new')) {
    const late = active.filter((m) => m.start === 'new').map((m) => m.name);
    return { kind: 'wait', why: `${late.join(', ')} has not started yet` };
  }
  if (active.length < view.wanted) return grow(view);
  if (active.length > view.wanted) return shrink(view);
  return roll(view);
}
