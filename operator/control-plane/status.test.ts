import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { Condition, ControlPlaneStatus } from '../../crds/control-plane.ts';
import { makeSecrets, type Scene, tell, votersOf, workloads } from './scene.ts';
import type { Problem } from './status.ts';

before(makeSecrets);

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
