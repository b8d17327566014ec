import type { MemberPhase } from '../../crds/control-plane.ts';

/**
 * What the operator has decided about each etcd member, kept in a ConfigMap that the members mount.
 * It is written before etcd is asked, so that an operator which dies between the two finds what it
 * was doing; and a member never starts on anything but its own record.
 */

/**
 * What a member with an empty disk may do.
 * - new: found the cluster together with the other first members
 * - join: start as the member that etcd has been told about
 * - resume: nothing. Its data existed and is gone, so its old identity must not run again
 * - wait: nothing yet
 */
export type StartRule = 'new' | 'join' | 'resume' | 'wait';

export interface MemberRecord {
  /** Pod name, which is etcd's member name. */
  name: string;
  phase: MemberPhase;
  start: StartRule;
  /** Grows when the member is replaced; data of an earlier one is thrown away. */
  incarnation: number;
  /** etcd's member ID, hexadecimal; known once etcd has it. */
  id?: string;
  /** `name=peerURL,...` for a first start. */
  initialCluster: string;
}

export interface Ledger {
  /** etcd's --initial-cluster-token. */
  token: string;
  members: MemberRecord[];
}

const clusterKey = 'cluster.json';

/** File name of a member's record in the mounted ConfigMap. */
export function recordFile(member: string): string {
  return `${member}.json`;
}

export function ordinalOf(name: string): number {
  return Number(name.slice(name.lastIndexOf('-') + 1));
}

/** `data` of the ConfigMap. */
export function writeLedger(ledger: Ledger): Record<string, string> {
  const data: Record<string, string> = { [clusterKey]: JSON.stringify({ token: ledger.token }) };
  for (const member of ledger.members) {
    data[recordFile(member.name)] = JSON.stringify({ ...member, token: ledger.token });
  }
  return data;
}

/** Undefined when there is none yet. Throws when somebody else has written into it. */
export function readLedger(data: Record<string, string> | undefined): Ledger | undefined {
  if (data?.[clusterKey] === undefined) return undefined;
  const { token } = JSON.parse(data[clusterKey]);
  const members = Object.entries(data)
    .filter(([key]) => key !== clusterKey)
    .map(([, text]) => {
      const { token: _token, ...record } = JSON.parse(text);
      return record as MemberRecord;
    });
  members.sort((a, b) => ordinalOf(a.name) - ordinalOf(b.name));
  return { token, members };
}

/** The first ledger: members that found the cluster together. */
export function foundingLedger(
  token: string,
  names: readonly string[],
  peerURL: (name: string) => string,
): Ledger {
  const initialCluster = names.map((name) => `${name}=${peerURL(name)}`).join(',');
  const members = names.map((name): MemberRecord => {
    return { name, phase: 'Pending', start: 'new', incarnation: 1, initialCluster };
  });
  return { token, members };
}

/** `id: undefined` forgets the ID. */
export type RecordChange = Partial<Omit<MemberRecord, 'id'>> & { id?: string | undefined };

/** The ledger with one record changed. */
export function withRecord(ledger: Ledger, name: string, change: RecordChange): Ledger {
  const members = ledger.members.map((member): MemberRecord => {
    if (member.name !== name) return member;
    const { id, ...rest } = { ...member, ...change };
    return id === undefined ? rest : { ...rest, id };
  });
  return { ...ledger, members };
}
