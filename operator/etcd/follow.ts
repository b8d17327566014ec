import type { EtcdMember } from './client.ts';
import { type Ledger, type MemberRecord, type RecordChange, withRecord } from './ledger.ts';
import type { EtcdView } from './probe.ts';

/** How the ledger follows what etcd says. What is seen wins over what was meant. */

function replaced(record: MemberRecord): RecordChange {
  return {
    phase: 'Pending',
    start: 'wait',
    incarnation: record.incarnation + 1,
    id: undefined,
    initialCluster: '',
  };
}

/** `name=peerURL` of all members, for the first start of one of them. */
function initialClusterOf(members: readonly EtcdMember[], self: EtcdMember, name: string): string {
  return members
    .flatMap((m) => m.peerURLs.map((url) => `${m.id === self.id ? name : m.name}=${url}`))
    .filter((entry) => !entry.startsWith('='))
    .join(',');
}

/** How one record follows what etcd says; undefined when it already agrees. */
function follow(
  record: MemberRecord,
  members: readonly EtcdMember[],
  statuses: EtcdView['statuses'],
  url: string,
): RecordChange | undefined {
  const seen =
    record.id === undefined
      ? members.find((m) => m.peerURLs.includes(url))
      : members.find((m) => m.id === record.id);
  const answers = seen !== undefined && statuses.get(record.name)?.memberId === seen.id;
  switch (record.phase) {
    case 'Pending':
      if (seen === undefined) return undefined;
      if (record.start === 'new') {
        return answers ? { phase: 'Voter', start: 'resume', id: seen.id } : undefined;
      }
      return {
        phase: 'Learner',
        start: 'join',
        id: seen.id,
        initialCluster: initialClusterOf(members, seen, record.name),
      };
    case 'Learner':
      if (seen === undefined) return replaced(record);
      if (!seen.learner) return { phase: 'Voter', start: 'resume' };
      return record.start === 'join' && answers ? { start: 'resume' } : undefined;
    case 'Voter':
      return seen === undefined ? replaced(record) : undefined;
    case 'Leaving':
      return seen === undefined ? { phase: 'Gone', start: 'wait', id: undefined } : undefined;
    case 'Gone':
      return undefined;
  }
}

/** The ledger after it has followed; null when it already agrees. */
export function followAll(
  before: Ledger,
  members: readonly EtcdMember[],
  statuses: EtcdView['statuses'],
  peerURL: (member: string) => string,
): { ledger: Ledger; why: string } | null {
  let ledger = before;
  const changes: string[] = [];
  for (const record of ledger.members) {
    const change = follow(record, members, statuses, peerURL(record.name));
    if (change === undefined) continue;
    ledger = withRecord(ledger, record.name, change);
    changes.push(`${record.name} is ${change.phase ?? record.phase}`);
  }
  return changes.length === 0 ? null : { ledger, why: changes.join(', ') };
}
