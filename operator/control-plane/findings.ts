import type { MemberStatus, ReplicasStatus } from '../../crds/control-plane.ts';
import { timestamp } from '../../object/object.ts';
import { explain } from '../etcd/membership.ts';
import { leaderOf } from '../etcd/probe.ts';
import type { Finding } from './conditions.ts';
import type { Plan } from './diff.ts';
import type { Picture } from './picture.ts';

/** One condition for each part of a control plane: pure. What is, to what, and what comes next. */

export function etcdFinding(
  picture: Picture,
  plan: Plan | undefined,
  members: MemberStatus[],
): Finding {
  const type = 'EtcdReady';
  const wanted = picture.controlPlane.spec.etcd.members;
  const voters = members.filter((m) => m.phase === 'Voter' || m.phase === 'Leaving');
  const healthy = voters.filter((m) => m.healthy).length;
  const action = plan?.membership;
  const why = explain(action);
  if (picture.etcd.members === undefined || voters.length === 0) {
    const founding = voters.length === 0;
    const reason = action?.kind === 'stalled' ? 'DataLost' : founding ? 'Starting' : 'NoQuorum';
    return { type, status: 'False', reason, message: why ?? 'waiting for the first etcd members' };
  }
  const leader = leaderOf(picture.etcd.statuses);
  const alarms = members.filter((m) => m.healthy && m.message !== undefined);
  if (alarms.length > 0) {
    const message = alarms.map((m) => `${m.name}: ${m.message}`).join('; ');
    return { type, status: 'False', reason: 'Alarm', message };
  }
  if (healthy === wanted && voters.length === wanted) {
    const message = `${healthy} of ${wanted} members are healthy voters, ${leader ?? 'none'} leads`;
    return { type, status: 'True', reason: 'Healthy', message };
  }
  const others = members
    .filter((m) => !(m.phase === 'Voter' && m.healthy))
    .map((m) => `${m.name} (${m.phase}${m.message === undefined ? '' : `, ${m.message}`})`);
  const next = why ?? `waiting for ${others.join(', ')} to come back`;
  const message = `${healthy} of ${wanted} members are healthy voters; ${next}`;
  return { type, status: 'True', reason: 'Degraded', message };
}

export function deploymentFinding(
  type: string,
  what: string,
  counts: ReplicasStatus,
  wanted: number,
  exists: boolean,
): Finding {
  const { readyReplicas } = counts;
  if (readyReplicas === 0) {
    const message = exists
      ? `no ${what} is ready yet, ${counts.replicas} of ${wanted} started`
      : `the ${what}s are about to be created`;
    return { type, status: 'False', reason: exists ? 'NotReady' : 'Creating', message };
  }
  const message = `${readyReplicas} of ${wanted} ${what}s are ready`;
  return {
    type,
    status: 'True',
    reason: readyReplicas < wanted ? 'Degraded' : 'Available',
    message,
  };
}

/** The first of many, so that a column of `kubectl get` can hold it. */
function few(names: readonly string[]): string {
  const more = names.length - 3;
  return `${names.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export function certificatesFinding(picture: Picture, plan: Plan | undefined): Finding {
  const type = 'CertificatesValid';
  if (plan === undefined)
    return { type, status: 'Unknown', reason: 'NotLookedAt', message: 'not looked at yet' };
  const { broken, leaves, authorities, certificates, nextRenewal } = plan.verdict;
  if (broken.length > 0) {
    const message = `Secret ${broken.join(', ')} does not hold a certificate authority with its key: restore it from a backup, or delete it to have a new one made and everything issued again`;
    return { type, status: 'False', reason: 'AuthorityUnusable', message };
  }
  const over = certificates.filter((c) => Date.parse(c.notAfter) <= picture.now.getTime());
  if (over.length > 0) {
    const message = `expired: ${over.map((c) => `${c.name} on ${c.notAfter}`).join(', ')}`;
    return { type, status: 'False', reason: 'Expired', message };
  }
  if (authorities.length > 0 || leaves.some((issue) => issue.reason !== 'Expiring')) {
    const names = [...authorities.map((a) => a.secret), ...leaves.map((l) => l.plan.secret)];
    return { type, status: 'False', reason: 'Issuing', message: `issuing ${few(names)}` };
  }
  const next = nextRenewal === undefined ? 'now' : timestamp(nextRenewal);
  return {
    type,
    status: 'True',
    reason: 'Valid',
    message: `${certificates.length} certificates are valid, the next renewal is due ${next}`,
  };
}

const notReady: Record<string, string> = {
  CertificatesValid: 'CertificatesNotValid',
  EtcdReady: 'EtcdNotReady',
  APIServerReady: 'APIServerNotReady',
  ControllersReady: 'ControllersNotReady',
};

export function readyFinding(
  picture: Picture,
  parts: Finding[],
  endpoint: string | undefined,
): Finding {
  const type = 'Ready';
  const failing = parts.find((part) => part.status !== 'True');
  if (failing !== undefined) {
    const reason = notReady[failing.type] ?? 'NotReady';
    return { type, status: 'False', reason, message: failing.message };
  }
  if (endpoint === undefined) {
    const message = `Service ${picture.names.apiServer} has no load balancer address yet; clients cannot reach the API servers from outside until a load balancer controller assigns one`;
    return { type, status: 'False', reason: 'WaitingForLoadBalancer', message };
  }
  return { type, status: 'True', reason: 'Available', message: `the API is served at ${endpoint}` };
}
