import type { EtcdClient, EtcdEndpoint, EtcdMember, EtcdStatus } from './client.ts';

/** What etcd itself says, seen from outside, at one moment. */
export interface EtcdView {
  /** From a linearizable read; undefined when no member could answer one: there is no quorum. */
  members: EtcdMember[] | undefined;
  /** By pod name; only members that answered. */
  statuses: ReadonlyMap<string, EtcdStatus>;
  /** By pod name: why it did not answer. */
  failures: ReadonlyMap<string, string>;
}

export const unseenEtcd: EtcdView = {
  members: undefined,
  statuses: new Map(),
  failures: new Map(),
};

/** The member that the most members call leader: a cut-off one may still name an older leader. */
export function leaderOf(statuses: ReadonlyMap<string, EtcdStatus>): string | undefined {
  const votes = new Map<string, number>();
  for (const { leader } of statuses.values()) {
    if (leader !== '') votes.set(leader, (votes.get(leader) ?? 0) + 1);
  }
  const id = [...votes].sort((a, b) => b[1] - a[1])[0]?.[0];
  return [...statuses].find(([, status]) => status.memberId === id)?.[0];
}

/** Asks every member about itself at the same time, then one of them about all. */
export async function probeEtcd(
  client: EtcdClient,
  endpoints: readonly EtcdEndpoint[],
): Promise<EtcdView> {
  const statuses = new Map<string, EtcdStatus>();
  const failures = new Map<string, string>();
  await Promise.all(
    endpoints.map(async (at) => {
      try {
        statuses.set(at.name, await client.status(at));
      } catch (error) {
        failures.set(at.name, (error as Error).message);
      }
    }),
  );
  const leader = leaderOf(statuses);
  const voters = endpoints.filter((at) => statuses.get(at.name)?.learner === false);
  voters.sort((a, b) => Number(b.name === leader) - Number(a.name === leader));
  // The leader answers when anybody can; the second try is for a leader that has just gone.
  for (const at of voters.slice(0, 2)) {
    try {
      return { members: await client.members(at), statuses, failures };
    } catch (error) {
      failures.set(at.name, (error as Error).message);
    }
  }
  return { members: undefined, statuses, failures };
}
