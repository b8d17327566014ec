import type { EtcdClient, EtcdEndpoint } from './client.ts';
import type { MembershipAction } from './membership.ts';
import { type EtcdView, leaderOf } from './probe.ts';

/**
 * Does to etcd what was planned; actions on the Kubernetes side are the caller's. Changes are sent
 * to the leader: every member takes them, but only the leader can hand leadership over.
 */
export async function carryOut(
  action: MembershipAction,
  client: EtcdClient,
  endpoints: readonly EtcdEndpoint[],
  view: EtcdView,
): Promise<void> {
  const leader = leaderOf(view.statuses);
  const at = endpoints.find((endpoint) => endpoint.name === leader);
  if (at === undefined) return;
  switch (action.kind) {
    case 'add-learner':
      await client.addLearner(at, action.peerURL);
      return;
    case 'promote':
      return client.promote(at, action.id);
    case 'remove':
      return client.remove(at, action.id);
    case 'move-leader':
      return client.moveLeader(at, action.toId);
    default:
      return;
  }
}
