import type { ControlPlaneStatus, MemberStatus, ReplicasStatus } from '../../crds/control-plane.ts';
import { type KubeObject, timestamp } from '../../object/object.ts';
import { explain, isHealthy } from '../etcd/membership.ts';
import { leaderOf } from '../etcd/probe.ts';
import { type Finding, toConditions } from './conditions.ts';
import { certificatesFinding, deploymentFinding, etcdFinding, readyFinding } from './findings.ts';
import { endpointOf } from './desired/endpoint.ts';
import { isRolledOut, isSettled, type Plan } from './diff.ts';
import { selectorOf } from './names.ts';
import type { Picture } from './picture.ts';

/** What is to be told: pure, from the picture, the plan and what went wrong. */

/** A failure of the last attempt; `lasting` when trying again cannot help before somebody acts. */
export interface Problem {
  reason: string;
  message: string;
  lasting: boolean;
}

function replicasOf(
  deployment: KubeObject | undefined,
  wanted: number,
  selector: Record<string, string>,
): ReplicasStatus {
  const status = deployment?.status ?? {};
  const ready = Number(status.readyReplicas ?? 0);
  return {
    replicas: Number(status.replicas ?? 0),
    readyReplicas: ready,
    updatedReplicas: Number(status.updatedReplicas ?? 0),
    selector: Object.entries(selector)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    summary: `${ready}/${wanted}`,
  };
}

function memberStatuses({ ledger, etcd, children }: Picture): MemberStatus[] {
  return (ledger?.members ?? [])
    .filter((m) => m.phase !== 'Gone' || children.pod.has(m.name))
    .map((record) => {
      const status = etcd.statuses.get(record.name);
      const failure = etcd.failures.get(record.name);
      const healthy = isHealthy(record, etcd);
      const message = healthy ? status?.errors.join(', ') : (failure ?? 'not reachable yet');
      return {
        name: record.name,
        ...(record.id === undefined ? {} : { id: record.id }),
        phase: record.phase,
        healthy,
        ...(status === undefined ? {} : { version: status.version }),
        ...(message === undefined || message === '' ? {} : { message }),
      };
    });
}

/** Reconciling and Stalled are abnormal-true (kstatus). */
function progress(
  picture: Picture,
  plan: Plan | undefined,
  problem: Problem | undefined,
  parts: Finding[],
): Finding[] {
  const { controlPlane } = picture;
  const finding = (type: string, on: boolean, reason: string, message: string): Finding => {
    return { type, status: on ? 'True' : 'False', reason, message };
  };
  const calm = finding('Stalled', false, 'AsExpected', 'nothing needs a person');
  if (controlPlane.spec.suspend) {
    const message =
      'spec.suspend is true: what runs keeps running, nothing is repaired or renewed; set it to false to go on';
    return [
      finding('Reconciling', false, 'Suspended', message),
      finding('Stalled', false, 'Suspended', message),
    ];
  }
  const membership = plan?.membership;
  const broken = parts.find((part) => part.reason === 'AuthorityUnusable');
  const stalled =
    (problem?.lasting === true ? problem : undefined) ??
    (membership?.kind === 'stalled'
      ? { reason: 'EtcdMembership', message: membership.why }
      : undefined) ??
    broken;
  if (stalled !== undefined) {
    return [
      finding('Reconciling', false, stalled.reason, stalled.message),
      finding('Stalled', true, stalled.reason, stalled.message),
    ];
  }
  if (problem !== undefined)
    return [finding('Reconciling', true, problem.reason, problem.message), calm];
  const waits: string[] = [];
  if (plan === undefined || !isSettled(plan)) {
    const step = explain(membership);
    const told = parts.some((part) => step !== undefined && part.message.endsWith(step));
    if (step !== undefined && !told) waits.push(`etcd: ${step}`);
    waits.push(...(plan?.held ?? []));
    if (waits.length === 0 && parts.every((part) => part.status === 'True'))
      waits.push('applying changes');
  }
  const degraded = parts.filter((part) => part.reason === 'Degraded' || part.status !== 'True');
  waits.push(...degraded.map((part) => part.message));
  const { names, children } = picture;
  for (const name of [names.apiServer, names.controllers]) {
    const deployment = children.deployment.get(name);
    if (deployment !== undefined && !isRolledOut(deployment)) waits.push(`${name} is rolling out`);
  }
  if (waits.length > 0) {
    return [finding('Reconciling', true, 'Progressing', [...new Set(waits)].join('; ')), calm];
  }
  return [finding('Reconciling', false, 'Settled', 'everything is as the spec wants it'), calm];
}

/** Set once all pods run it; until then the version that was. */
function versionOf(picture: Picture): string | undefined {
  const { controlPlane, children, names } = picture;
  const rolledOut = isRolledOut(children.deployment.get(names.apiServer));
  if (!rolledOut) return controlPlane.status?.version;
  return controlPlane.spec.version.startsWith('v')
    ? controlPlane.spec.version
    : `v${controlPlane.spec.version}`;
}

function etcdStatus(
  { controlPlane, etcd }: Picture,
  members: ReturnType<typeof memberStatuses>,
): ControlPlaneStatus['etcd'] {
  const leader = leaderOf(etcd.statuses);
  const clusterID = [...etcd.statuses.values()][0]?.clusterId;
  const healthy = members.filter((m) => m.phase === 'Voter' && m.healthy).length;
  return {
    summary: `${healthy}/${controlPlane.spec.etcd.members}`,
    ...(clusterID === undefined ? {} : { clusterID }),
    ...(leader === undefined ? {} : { leader }),
    members,
  };
}

export function statusOf(
  picture: Picture,
  plan: Plan | undefined,
  problem: Problem | undefined,
): ControlPlaneStatus {
  const { controlPlane, names, children, now } = picture;
  const { spec, metadata } = controlPlane;
  const generation = metadata.generation ?? 0;
  const apiServer = replicasOf(
    children.deployment.get(names.apiServer),
    spec.apiServer.replicas,
    selectorOf(names, 'api-server'),
  );
  const controllers = replicasOf(
    children.deployment.get(names.controllers),
    spec.controllers.replicas,
    selectorOf(names, 'controller-manager'),
  );
  const members = memberStatuses(picture);
  const endpoint = endpointOf(picture);
  const exists = (name: string) => children.deployment.has(name);
  const parts = [
    certificatesFinding(picture, plan),
    etcdFinding(picture, plan, members),
    deploymentFinding(
      'APIServerReady',
      'API server',
      apiServer,
      spec.apiServer.replicas,
      exists(names.apiServer),
    ),
    deploymentFinding(
      'ControllersReady',
      'controller manager',
      controllers,
      spec.controllers.replicas,
      exists(names.controllers),
    ),
  ];
  const findings = [
    readyFinding(picture, parts, endpoint),
    ...progress(picture, plan, problem, parts),
    ...parts,
  ];
  const version = versionOf(picture);
  const certificates = plan?.verdict.certificates ?? controlPlane.status?.certificates ?? [];
  const first = certificates.map((c) => c.notAfter).sort()[0];
  const nextRenewal = plan?.verdict.nextRenewal;
  return {
    observedGeneration: generation,
    conditions: toConditions(findings, controlPlane.status?.conditions ?? [], generation, now),
    ...(version === undefined ? {} : { version }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(children.secret.has(names.secrets.adminKubeconfig)
      ? { kubeconfigSecret: names.secrets.adminKubeconfig }
      : {}),
    apiServer,
    controllers,
    etcd: etcdStatus(picture, members),
    certificates,
    ...(first === undefined ? {} : { certificatesNotAfter: first }),
    ...(nextRenewal === undefined ? {} : { nextRenewal: timestamp(nextRenewal) }),
  };
}
