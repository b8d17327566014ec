import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { desire } from './desired.ts';
import { diff } from './diff.ts';
import { images, makeSecrets, paint, type Scene, votersOf, workloads } from './scene.ts';

before(makeSecrets);

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
