import { createHash } from 'node:crypto';
import type { KubeObject } from '../../object/object.ts';
import { foundingLedger, type Ledger, ordinalOf } from '../etcd/ledger.ts';
import { lostDiskExitCode } from '../etcd/member.ts';
import { type MembershipAction, type PodView, planMembership } from '../etcd/membership.ts';
import { covers } from './covers.ts';
import type { Desired } from './desired.ts';
import { etcdServersOf } from './desired/api-server.ts';
import { judgeCertificates, type Verdict } from './judge.ts';
import { type ChildKind, componentLabel, kinds, memberName, peerURL } from './names.ts';
import type { Picture } from './picture.ts';

/**
 * What to do, in order: pure. First everything that disturbs nobody, all at once; then workloads,
 * of which only one may be changing its pods at a time, etcd before API servers before controllers.
 */
export interface Plan {
  verdict: Verdict;
  /** To be created before the first pod; undefined once it exists. */
  foundingLedger: Ledger | undefined;
  surroundings: KubeObject[];
  workloads: KubeObject[];
  /** Undefined before there is anything to ask etcd about. */
  membership: MembershipAction | undefined;
  removals: { kind: ChildKind; name: string; uid: string }[];
  /** What is held back until something else is finished, in words. */
  held: string[];
}

/** What we applied last, so that a field that is no longer wanted is seen as well. */
const hashAnnotation = 'quorate.dev/applied';

/** The object as it is applied: with the digest of all that was wanted. */
export function withDigest(object: KubeObject): KubeObject {
  const digest = createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 32);
  const annotations = { ...object.metadata.annotations, [hashAnnotation]: digest };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

export function kindOf(object: KubeObject): ChildKind {
  const found = Object.entries(kinds).find(([, ref]) => ref.kind === object.kind);
  return (found?.[0] ?? 'configMap') as ChildKind;
}

function liveOf(picture: Picture, object: KubeObject): KubeObject | undefined {
  return picture.children[kindOf(object)].get(object.metadata.name ?? '');
}

function isCurrent(live: KubeObject | undefined, wanted: KubeObject): boolean {
  if (live === undefined) return false;
  // Gone objects are made anew when they are really gone.
  if (live.metadata.deletionTimestamp != null) return true;
  const { apiVersion: _a, kind: _k, metadata, ...body } = wanted;
  const { labels, annotations, ownerReferences } = metadata;
  return covers(live.metadata, { labels, annotations, ownerReferences }) && covers(live, body);
}

/** Pods of etcd as membership sees them. */
export function podViews(picture: Picture): Map<string, PodView> {
  const { children, names } = picture;
  const set = children.statefulSet.get(names.etcd);
  const observed = set?.status?.observedGeneration === set?.metadata.generation;
  const revision: string | undefined = observed ? set?.status?.updateRevision : undefined;
  const views = new Map<string, PodView>();
  for (const [name, pod] of children.pod) {
    if (pod.metadata.labels?.[componentLabel] === 'etcd') views.set(name, podView(pod, revision));
  }
  return views;
}

function podView(pod: KubeObject, revision: string | undefined): PodView {
  // oxlint-disable-next-line no-explicit-any -- core/v1 ContainerStatus
  const container = pod.status?.containerStatuses?.find((c: any) => c.name === 'etcd');
  const ended = container?.state?.terminated ?? container?.lastState?.terminated;
  const own = pod.metadata.labels?.['controller-revision-hash'];
  return {
    uid: pod.metadata.uid ?? '',
    lostDisk: container?.state?.running == null && ended?.exitCode === lostDiskExitCode,
    outdated: revision !== undefined && own !== undefined && own !== revision,
    ready: (pod.status?.conditions ?? []).some(
      (c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True',
    ),
    terminating: pod.metadata.deletionTimestamp != null,
  };
}

function membershipOf(picture: Picture): MembershipAction | undefined {
  const { ledger, names } = picture;
  if (ledger === undefined) return undefined;
  return planMembership({
    wanted: picture.controlPlane.spec.etcd.members,
    ledger,
    etcd: picture.etcd,
    pods: podViews(picture),
    memberName: (ordinal) => memberName(names, ordinal),
    peerURL: (member) => peerURL(names, member),
    mayShrink: apiServersKnow(picture),
  });
}

/** Every API server runs with the etcd members that are wanted. */
function apiServersKnow({ children, names, controlPlane }: Picture): boolean {
  const deployment = children.deployment.get(names.apiServer);
  const used = etcdServersOf(deployment)?.split(',').length;
  return used === controlPlane.spec.etcd.members && isRolledOut(deployment);
}

/** All pods of the Deployment are made from its present template, and available. */
export function isRolledOut(deployment: KubeObject | undefined): boolean {
  if (deployment?.status === undefined) return false;
  const { spec, status, metadata } = deployment;
  if (status.observedGeneration !== metadata.generation) return false;
  const wanted = spec?.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted
  );
}

function etcdIsChanging(picture: Picture, action: MembershipAction | undefined): boolean {
  const outdated = [...podViews(picture).values()].some((pod) => pod.outdated);
  const idle = action === undefined || ['settled', 'wait', 'stalled'].includes(action.kind);
  return outdated || !idle;
}

/** Workloads to apply now; a change of pods waits for those before it in the chain. */
function orderWorkloads(
  picture: Picture,
  wanted: readonly KubeObject[],
  membership: MembershipAction | undefined,
): { now: KubeObject[]; held: string[] } {
  const now: KubeObject[] = [];
  const held: string[] = [];
  let busy = etcdIsChanging(picture, membership) ? 'etcd' : undefined;
  for (const object of wanted) {
    const live = liveOf(picture, object);
    const changed = !isCurrent(live, object);
    const changesPods =
      live !== undefined && changed && !covers(live.spec?.template, object.spec.template);
    const isEtcd = object.kind === 'StatefulSet';
    if (changesPods && busy !== undefined && !isEtcd) {
      held.push(`${object.metadata.name} is updated when ${busy} is done`);
      continue;
    }
    if (changed) now.push(object);
    if (live === undefined) continue;
    if (changesPods || (!isEtcd && !isRolledOut(live))) busy ??= object.metadata.name;
  }
  return { now, held };
}

/** Disks of members that have left for good; a later member of that name starts empty. */
function staleClaims(picture: Picture): Plan['removals'] {
  const gone = new Set(
    (picture.ledger?.members ?? []).filter((m) => m.phase === 'Gone').map((m) => m.name),
  );
  return [...picture.children.claim.values()]
    .filter((claim) => claim.metadata.deletionTimestamp == null)
    .map((claim) => ({ name: claim.metadata.name ?? '', uid: claim.metadata.uid ?? '' }))
    .filter(({ name }) => {
      const member = memberName(picture.names, ordinalOf(name));
      return gone.has(member) && !picture.children.pod.has(member);
    })
    .map((claim) => ({ kind: 'claim', ...claim }));
}

export function diff(picture: Picture, desired: Desired): Plan {
  const { names, controlPlane, ledger } = picture;
  const membership = membershipOf(picture);
  const { now, held } = orderWorkloads(picture, desired.workloads.map(withDigest), membership);
  const founders = Array.from({ length: controlPlane.spec.etcd.members }, (_, i) =>
    memberName(names, i),
  );
  const token = `${names.namespace}/${names.controlPlane}/${controlPlane.metadata.uid}`;
  return {
    verdict: judgeCertificates(picture, desired.certificates),
    foundingLedger:
      ledger === undefined
        ? foundingLedger(token, founders, (member) => peerURL(names, member))
        : undefined,
    surroundings: desired.surroundings
      .map(withDigest)
      .filter((o) => !isCurrent(liveOf(picture, o), o)),
    workloads: now,
    membership,
    removals: staleClaims(picture),
    held,
  };
}

/** Nothing left to do and nothing waited for. */
export function isSettled(plan: Plan): boolean {
  const { verdict } = plan;
  return (
    plan.foundingLedger === undefined &&
    plan.surroundings.length + plan.workloads.length + plan.removals.length + plan.held.length ===
      0 &&
    verdict.authorities.length + verdict.leaves.length + verdict.broken.length === 0 &&
    !verdict.serviceAccount &&
    plan.membership?.kind === 'settled'
  );
}
