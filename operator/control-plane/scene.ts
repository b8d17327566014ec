import { setTimeout as sleep } from 'node:timers/promises';
import {
  controlPlanes,
  type ControlPlaneStatus,
  parseControlPlane,
} from '../../crds/control-plane.ts';
import type { KubeObject } from '../../object/object.ts';
import { silent } from '../../reconciler/log.ts';
import { createMemoryCluster } from '../../reconciler/memory-cluster.ts';
import type { EtcdStatus } from '../etcd/client.ts';
import type { Ledger } from '../etcd/ledger.ts';
import { createOperator } from '../operator.ts';
import { desire } from './desired.ts';
import { diff, withDigest } from './diff.ts';
import { type ChildKind, kinds, memberName, namesOf, peerURL } from './names.ts';
import type { Picture } from './picture.ts';
import { type Problem, statusOf } from './status.ts';

/** Pictures for the tests of the pure parts: a control plane in a state, in a few words. */

export const names = namesOf('team-a', 'demo');
export const images = { quorate: 'quorate:1', etcd: 'quorate:1' };
export const now = new Date('2030-01-01T00:00:00Z');

export interface Scene {
  spec?: object;
  status?: Partial<ControlPlaneStatus>;
  children?: KubeObject[];
  ledger?: Ledger;
  /** Members that answer; the first one leads. */
  alive?: number[];
  /** Etcd pods that ended because their disk is empty. */
  lost?: number[];
  /** Etcd pods of an older template. */
  outdated?: number[];
}

/** Real ones, made once by the operator itself. */
let secrets: KubeObject[] = [];

/** To be awaited before scenes with children are painted. */
export async function makeSecrets(): Promise<void> {
  const cluster = createMemoryCluster();
  const options = { namespace: '', workers: 1, log: silent, images, now: () => now };
  const operator = createOperator({ cluster, ...options });
  operator.watch();
  operator.act();
  await cluster.create(controlPlanes, paint({}).controlPlane);
  while (cluster.all(kinds.deployment).length < 2) await sleep(5);
  await operator.stop();
  secrets = cluster.all(kinds.secret);
}

export function votersOf(count: number): Ledger {
  const members = Array.from({ length: count }, (_, i) => ({
    name: memberName(names, i),
    phase: 'Voter' as const,
    start: 'resume' as const,
    incarnation: 1,
    id: `a${i}`,
    initialCluster: '',
  }));
  return { token: 't', members };
}

function etcdPod(ordinal: number, { lost = [], outdated = [] }: Scene): KubeObject {
  const isLost = lost.includes(ordinal);
  const state = isLost ? { terminated: { exitCode: 76 } } : { running: {} };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: memberName(names, ordinal),
      uid: `pod-${ordinal}`,
      labels: {
        'app.kubernetes.io/component': 'etcd',
        'controller-revision-hash': outdated.includes(ordinal) ? 'old' : 'new',
      },
    },
    status: {
      conditions: [{ type: 'Ready', status: isLost ? 'False' : 'True' }],
      containerStatuses: [{ name: 'etcd', state }],
    },
  };
}

export function paint(scene: Scene): Picture {
  const controlPlane = parseControlPlane({
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'ControlPlane',
    metadata: { name: 'demo', namespace: 'team-a', uid: 'u', generation: 4 },
    spec: { network: { service: { type: 'ClusterIP' } }, ...scene.spec },
    ...(scene.status === undefined ? {} : { status: scene.status }),
  });
  const children = Object.fromEntries(
    Object.keys(kinds).map((kind) => [kind, new Map<string, KubeObject>()]),
  ) as Record<ChildKind, Map<string, KubeObject>>;
  const add = (object: KubeObject) => {
    const kind = Object.entries(kinds).find(([, ref]) => ref.kind === object.kind)?.[0];
    children[kind as ChildKind].set(object.metadata.name ?? '', object);
  };
  for (const object of [...(scene.children ?? []), ...(scene.children ? secrets : [])]) add(object);
  for (const member of scene.ledger?.members ?? []) {
    add(etcdPod(Number(member.name.split('-').at(-1)), scene));
  }
  const alive = scene.alive ?? [];
  const statuses = new Map<string, EtcdStatus>();
  for (const i of alive) {
    const leader = `a${alive[0]}`;
    const common = { clusterId: 'c', leader, version: '3.6.0', learner: false, errors: [] };
    statuses.set(memberName(names, i), { memberId: `a${i}`, ...common });
  }
  const count = scene.ledger?.members.length ?? 0;
  const members = (scene.ledger?.members ?? []).map((m) => ({
    id: m.id ?? '',
    name: m.name,
    peerURLs: [peerURL(names, m.name)],
    learner: false,
  }));
  const quorum = alive.length > count / 2;
  const etcd = { members: quorum ? members : undefined, statuses, failures: new Map() };
  return { controlPlane, names, now, children, etcd, ledger: scene.ledger };
}

/** The workloads as they would be in the cluster, rolled out. */
export function workloads(scene: Scene = {}): KubeObject[] {
  const wanted = desire(paint(scene), images).workloads.map(withDigest);
  return wanted.map((object) => {
    const replicas = object.spec.replicas;
    const counts = { replicas, readyReplicas: replicas, updatedReplicas: replicas };
    const status = {
      ...counts,
      availableReplicas: replicas,
      observedGeneration: 1,
      updateRevision: 'new',
    };
    return { ...object, metadata: { ...object.metadata, generation: 1 }, status };
  });
}

export function tell(scene: Scene, problem?: Problem): ControlPlaneStatus {
  const picture = paint(scene);
  return statusOf(picture, diff(picture, desire(picture, images)), problem);
}
