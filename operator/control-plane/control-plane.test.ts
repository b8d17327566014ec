import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Condition,
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
import { covers } from './covers.ts';
import { firstAddress, planCertificates } from './desired/certificates.ts';
import { endpointOf } from './desired/endpoint.ts';
import { desire } from './desired.ts';
import { diff, withDigest } from './diff.ts';
import { type ChildKind, kinds, memberName, namesOf, peerURL } from './names.ts';
import type { Picture } from './picture.ts';
import { type Problem, statusOf } from './status.ts';

/** The pure parts, fed with pictures: what is wanted, what is done first, what is told. */

const names = namesOf('team-a', 'demo');
const images = { quorate: 'quorate:1', etcd: 'quorate:1' };
const now = new Date('2030-01-01T00:00:00Z');

interface Scene {
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
before(async () => {
  const cluster = createMemoryCluster();
  const options = { namespace: '', workers: 1, log: silent, images, now: () => now };
  const operator = createOperator({ cluster, ...options });
  operator.watch();
  operator.act();
  await cluster.create(controlPlanes, paint({}).controlPlane);
  while (cluster.all(kinds.deployment).length < 2) await sleep(5);
  await operator.stop();
  secrets = cluster.all(kinds.secret);
});

function votersOf(count: number): Ledger {
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

function paint(scene: Scene): Picture {
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
function workloads(scene: Scene = {}): KubeObject[] {
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

function tell(scene: Scene, problem?: Problem): ControlPlaneStatus {
  const picture = paint(scene);
  return statusOf(picture, diff(picture, desire(picture, images)), problem);
}

/** kstatus' verdict (sigs.k8s.io/cli-utils pkg/kstatus README), from status alone. */
function kstatus(status: ControlPlaneStatus, generation: number): string {
  const is = (type: string) => status.conditions.find((c) => c.type === type)?.status;
  if (status.observedGeneration !== generation) return 'InProgress';
  if (is('Stalled') === 'True') return 'Failed';
  if (is('Reconciling') === 'True') return 'InProgress';
  return is('Ready') === 'True' ? 'Current' : 'InProgress';
}

const scenes: Record<string, { scene: Scene; problem?: Problem }> = {
  'first look': { scene: {} },
  'founding members are starting': {
    scene: {
      ledger: {
        token: 't',
        members: votersOf(3).members.map(({ name, incarnation, initialCluster }) => {
          return { name, incarnation, initialCluster, phase: 'Pending', start: 'new' };
        }),
      },
      children: workloads(),
    },
  },
  'one member is away': {
    scene: { ledger: votersOf(3), alive: [0, 1], children: workloads() },
  },
  'no quorum': { scene: { ledger: votersOf(3), alive: [0], children: workloads() } },
  'one disk is lost': {
    scene: { ledger: votersOf(3), alive: [0, 1], lost: [2], children: workloads() },
  },
  'most disks are lost': {
    scene: { ledger: votersOf(3), alive: [0], lost: [1, 2], children: workloads() },
  },
  suspended: {
    scene: {
      spec: { suspend: true },
      ledger: votersOf(3),
      alive: [0, 1, 2],
      children: workloads(),
    },
  },
  'a write is refused': {
    scene: { ledger: votersOf(3), alive: [0, 1, 2], children: workloads() },
    problem: { reason: 'Refused', message: 'Service demo-etcd: exceeded quota', lasting: true },
  },
  'etcd has a newer template': {
    scene: { ledger: votersOf(3), alive: [0, 1, 2], outdated: [0, 1, 2], children: workloads() },
  },
};

describe('the status of a control plane', () => {
  // UPDATE=1 writes what is told now; the difference is then for a person to judge.
  const path = join(import.meta.dirname, 'testdata/conditions.txt');
  const tellAll = () =>
    Object.entries(scenes).map(([name, { scene, problem }]) => {
      const status = tell(scene, problem);
      const lines = status.conditions.map(
        (c) => `  ${c.type}=${c.status} ${c.reason}: ${c.message}`,
      );
      return [`# ${name}`, `  kstatus: ${kstatus(status, 4)}`, ...lines].join('\n');
    });

  it('tells what happens, to what, and what comes next', () => {
    const text = `${tellAll().join('\n\n')}\n`;
    if (process.env.UPDATE === '1') writeFileSync(path, text);
    assert.equal(text, readFileSync(path, 'utf8'));
  });

  it('has every condition from the first look on', () => {
    const types = tell({}).conditions.map((c) => c.type);
    const promised = ['Ready', 'Reconciling', 'Stalled', 'EtcdReady', 'APIServerReady'];
    for (const type of [...promised, 'ControllersReady', 'CertificatesValid']) {
      assert.ok(types.includes(type), type);
    }
    assert.equal(tell({}).observedGeneration, 4);
  });

  it('moves a transition time only with the status of its condition', () => {
    const scene: Scene = { ledger: votersOf(3), alive: [0, 1, 2], children: workloads() };
    const before: Condition[] = tell(scene).conditions.map((c) => {
      return { ...c, lastTransitionTime: '2029-01-01T00:00:00Z', message: 'old words' };
    });
    const changed = tell({ ...scene, alive: [0], status: { conditions: before } }).conditions;
    const at = (type: string) => changed.find((c) => c.type === type)?.lastTransitionTime;
    assert.equal(at('EtcdReady'), '2030-01-01T00:00:00Z');
    assert.equal(at('APIServerReady'), '2029-01-01T00:00:00Z');
  });
});

describe('diff', () => {
  const settled: Scene = { ledger: votersOf(3), alive: [0, 1, 2] };
  const apply = (scene: Scene) => {
    const picture = paint(scene);
    const plan = diff(picture, desire(picture, images));
    return { applied: plan.workloads.map((o) => o.metadata.name), plan };
  };

  it('makes all workloads at once when there are none', () => {
    assert.equal(apply({}).applied.length, 3);
  });

  it('leaves alone what is as wanted, whatever the API server has added', () => {
    const children = workloads(settled).map((object) => {
      object.spec.template.spec.dnsPolicy = 'ClusterFirst';
      object.spec.template.spec.containers.push({ name: 'injected', image: 'mesh:1' });
      return object;
    });
    assert.deepEqual(apply({ ...settled, children }).applied, []);
  });

  it('changes pods of one part at a time: etcd, then API servers, then controllers', () => {
    const children = workloads(settled);
    const spec = {
      etcd: { image: 'quorate:2' },
      apiServer: { image: 'quorate:2' },
      controllers: { image: 'quorate:2' },
    };
    const first = apply({ ...settled, children, spec, outdated: [0, 1, 2] });
    assert.deepEqual(first.applied, ['demo-etcd']);
    assert.equal(first.plan.held.length, 2);
    const second = apply({
      ...settled,
      children: workloads({ ...settled, spec: { etcd: spec.etcd } }),
      spec,
    });
    assert.deepEqual(second.applied, ['demo-api-server']);
    assert.deepEqual(second.plan.held, [
      'demo-controller-manager is updated when demo-api-server is done',
    ]);
  });

  it('repairs replicas while something else is rolling', () => {
    const children = workloads(settled);
    const [, apiServer, controllers] = children;
    assert.ok(apiServer && controllers);
    apiServer.status.availableReplicas = 1;
    controllers.spec.replicas = 0;
    assert.deepEqual(apply({ ...settled, children }).applied, ['demo-controller-manager']);
  });

  it('applies again when a field is no longer wanted', () => {
    const spec = { apiServer: { pod: { priorityClassName: 'high' } } };
    const children = workloads({ ...settled, spec });
    assert.deepEqual(apply({ ...settled, children }).applied, ['demo-api-server']);
  });

  it('deletes the disk of a member only when it has left and its pod is gone', () => {
    const ledger = votersOf(3);
    for (const member of ledger.members.slice(1)) member.phase = 'Gone';
    const claim = (i: number): KubeObject => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: `data-demo-etcd-${i}`, uid: `claim-${i}` },
    });
    const picture = paint({
      ...settled,
      spec: { etcd: { members: 1 } },
      ledger,
      children: [claim(0), claim(1), claim(2)],
    });
    (picture.children.pod as Map<string, KubeObject>).delete('demo-etcd-2');
    const { removals } = diff(picture, desire(picture, images));
    assert.deepEqual(
      removals.map((r) => r.name),
      ['data-demo-etcd-2'],
    );
  });
});

describe('desire', () => {
  it('gives the same bytes for the same picture, and rolls nothing when only status differs', () => {
    const scene: Scene = { ledger: votersOf(3), alive: [0, 1, 2] };
    const calm = JSON.stringify(desire(paint(scene), images));
    const troubled = paint({ ...scene, alive: [], lost: [1], status: { version: 'v1.35' } });
    assert.equal(JSON.stringify(desire(troubled, images)), calm);
  });

  it('lets flags of the spec replace those of the operator, and adds the rest', () => {
    const extraArgs = [
      { name: 'service-account-issuer', value: 'https://issuer.example.org' },
      { name: 'audit-log-path', value: '-' },
    ];
    const [, apiServer] = desire(paint({ spec: { apiServer: { extraArgs } } }), images).workloads;
    const args: string[] = apiServer?.spec.template.spec.containers[0].args;
    const issuers = args.filter((arg) => arg.startsWith('--service-account-issuer='));
    assert.deepEqual(issuers, ['--service-account-issuer=https://issuer.example.org']);
    assert.ok(args.includes('--audit-log-path=-'));
  });

  it('keeps API servers away from members that are not there yet, or leave', () => {
    const serversIn = (scene: Scene): number => {
      const [, apiServer] = desire(paint(scene), images).workloads;
      const args: string[] = apiServer?.spec.template.spec.containers[0].args;
      return args.find((a) => a.startsWith('--etcd-servers='))?.split(',').length ?? 0;
    };
    const three = { ledger: votersOf(3), children: workloads({ ledger: votersOf(3) }) };
    assert.equal(serversIn({ ...three, spec: { etcd: { members: 5 } } }), 3);
    assert.equal(serversIn({ ...three, spec: { etcd: { members: 1 } } }), 1);
    assert.equal(serversIn({ ...three, ledger: votersOf(5), spec: { etcd: { members: 5 } } }), 5);
  });
});

describe('addresses', () => {
  it('gives the kubernetes Service the first of its range', () => {
    const firsts = ['10.96.0.0/12', '10.32.0.0/24', '172.20.5.0/16', 'fd00:10:96::/112'].map(
      firstAddress,
    );
    assert.deepEqual(firsts, ['10.96.0.1', '10.32.0.1', '172.20.0.1', 'fd00:10:96::1']);
  });

  it('takes the endpoint from the spec, the load balancer, or the Service, in that order', () => {
    const service = (ingress: object[]): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'demo-api-server' },
      status: { loadBalancer: { ingress } },
    });
    const of = (network: object, ingress: object[] = []) =>
      endpointOf(paint({ spec: { network }, children: [service(ingress)] }));
    assert.equal(of({}), undefined);
    assert.equal(of({}, [{ ip: '2001:db8::1' }]), 'https://[2001:db8::1]:6443');
    assert.equal(of({}, [{ hostname: 'lb.example.org' }]), 'https://lb.example.org:6443');
    assert.equal(of({ endpoint: 'api.example.org:443' }), 'https://api.example.org:443');
    assert.equal(of({ endpoint: 'api.example.org' }), 'https://api.example.org:6443');
    assert.equal(of({ service: { type: 'NodePort' } }), 'https://demo-api-server.team-a.svc:6443');
  });

  it('lets etcd members of every size share one certificate', () => {
    const peer = planCertificates(paint({})).leaves.find((l) => l.secret === 'demo-etcd-peer');
    assert.ok(peer?.dnsNames.includes('demo-etcd-6.demo-etcd.team-a.svc'));
    assert.deepEqual(peer?.ipAddresses, [], 'an address would switch off the check of names');
  });
});

describe('covers', () => {
  it('sees our fields only', () => {
    assert.equal(covers({ a: 1, b: 2 }, { a: 1 }), true);
    assert.equal(covers({ a: 1 }, { a: 1, b: 2 }), false);
    assert.equal(covers([{ name: 'x', v: 1 }, { name: 'y' }], [{ name: 'x', v: 1 }]), true);
    assert.equal(covers([{ name: 'x', v: 2 }], [{ name: 'x', v: 1 }]), false);
    assert.equal(covers(['a', 'b'], ['a']), false);
  });

  it('knows what the API server rewrites or leaves out', () => {
    assert.equal(covers({ cpu: '1' }, { cpu: '1000m' }), true);
    assert.equal(covers({ memory: '1Gi' }, { memory: 1073741824 }), true);
    assert.equal(covers({ memory: '1Gi' }, { memory: '1G' }), false);
    assert.equal(covers({}, { ingress: [], flag: false, text: '' }), true);
  });

  it('sees a value where none is wanted', () => {
    assert.equal(covers({ on: true }, { on: false }), false);
    assert.equal(covers({ ingress: [{}] }, { ingress: [] }), false);
    assert.equal(covers({ emptyDir: { medium: 'Memory' } }, { emptyDir: {} }), true);
  });
});
