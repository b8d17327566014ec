import { gauge } from '../../reconciler/metrics.ts';
import { isHealthy } from '../etcd/membership.ts';
import { isSettled, type Plan } from './diff.ts';
import type { Picture } from './picture.ts';

/** Gauges per control plane; they end with it. */

const labels = ['namespace', 'name'] as const;
const settled = gauge(
  'quorate_control_plane_settled',
  'Whether nothing is left to do for the control plane.',
  labels,
);
const voters = gauge(
  'quorate_etcd_healthy_voters',
  'Voting etcd members that answer and know a leader.',
  labels,
);
const certificate = gauge(
  'quorate_certificate_not_after_seconds',
  'When the certificate expires, in seconds since the epoch.',
  [...labels, 'secret'],
);

const secretsOf = new Map<string, string[]>();

export function reportMetrics(picture: Picture, plan: Plan): void {
  const { namespace, controlPlane: name } = picture.names;
  settled.set([namespace, name], isSettled(plan) ? 1 : 0);
  const healthy = (picture.ledger?.members ?? []).filter(
    (m) => m.phase === 'Voter' && isHealthy(m, picture.etcd),
  );
  voters.set([namespace, name], healthy.length);
  for (const { name: secret, notAfter } of plan.verdict.certificates) {
    certificate.set([namespace, name, secret], Date.parse(notAfter) / 1000);
  }
  const secrets = plan.verdict.certificates.map((c) => c.name);
  secretsOf.set(`${namespace}/${name}`, secrets);
}

export function forgetMetrics({ namespace, name }: { namespace: string; name: string }): void {
  const secrets = secretsOf.get(`${namespace}/${name}`);
  if (secrets === undefined) return;
  settled.remove([namespace, name]);
  voters.remove([namespace, name]);
  for (const secret of secrets) certificate.remove([namespace, name, secret]);
  secretsOf.delete(`${namespace}/${name}`);
}
