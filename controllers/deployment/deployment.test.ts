import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { isActive } from '../pod.ts';
import { replicaSetController } from '../replica-set/replica-set.ts';
import { deployments, pods, replicaSets } from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { deploymentController } from './deployment.ts';

const scenarios: Scenario[] = [];
after(() => Promise.all(scenarios.map((s) => s.stop())));

async function started(strategy: object = { type: 'RollingUpdate' }): Promise<Scenario> {
  const scenario = await startScenario(deploymentController, replicaSetController);
  scenarios.push(scenario);
  await scenario.cluster.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 4,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: 'web' } },
      strategy,
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'v1' }] },
      },
    },
  });
  return scenario;
}

/** What kubelets would do: every pod becomes ready. */
async function makeReady(scenario: Scenario): Promise<void> {
  for (const pod of scenario.cluster.all(pods)) {
    if (pod.status?.phase === 'Running' || !isActive(pod)) continue;
    await scenario.edit(
      pods,
      pod.metadata.name ?? '',
      (o) => {
        const time = new Date().toISOString();
        o.status = {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }],
        };
      },
      'status',
    );
  }
}

async function complete(scenario: Scenario, image: string): Promise<KubeObject> {
  for (let i = 0; i < 100; i++) {
    await makeReady(scenario).catch(() => {});
    const web = scenario.find(deployments, 'web');
    const progress = web?.status?.conditions?.find(
      (c: { type: string }) => c.type === 'Progressing',
    );
    const images = scenario.cluster.all(pods).map((p) => p.spec.containers[0].image);
    if (
      web?.status?.observedGeneration === web?.metadata.generation &&
      progress?.reason === 'NewReplicaSetAvailable' &&
      images.length === 4 &&
      images.every((i) => i === image)
    ) {
      return web as KubeObject;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(
    `never rolled out to ${image}: ${JSON.stringify(scenario.find(deployments, 'web')?.status)}`,
  );
}

test('a Deployment rolls out, moves to a new template and back to an old one by its revision', async () => {
  const scenario = await started();
  const first = await complete(scenario, 'v1');
  assert.equal(first.metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
  const whole = scenario.cluster.calls.filter((c) => c.startsWith('update deployments'));
  assert.deepEqual(whole, [], 'the revision is written with the status: the generation stays');
  await scenario.edit(deployments, 'web', (d) => {
    d.spec.template.spec.containers[0].image = 'v2';
  });
  await complete(scenario, 'v2');
  assert.equal(scenario.cluster.all(replicaSets).length, 2);
  await scenario.edit(deployments, 'web', (d) => {
    d.spec.template.spec.containers[0].image = 'v1';
  });
  const third = await complete(scenario, 'v1');
  assert.equal(third.metadata.annotations?.['deployment.kubernetes.io/revision'], '3');
  assert.equal(scenario.cluster.all(replicaSets).length, 2, 'the old ReplicaSet is used again');
  const created = scenario.cluster.calls.filter((c) => c.startsWith('create replicasets'));
  assert.equal(created.length, 2);
});

test('a revision counts on from whatever int64 an old ReplicaSet says', async () => {
  const scenario = await started();
  await complete(scenario, 'v1');
  const [old] = scenario.cluster.all(replicaSets);
  await scenario.edit(replicaSets, old?.metadata.name ?? '', (rs) => {
    rs.metadata.annotations = { 'deployment.kubernetes.io/revision': '3546343826724305832' };
  });
  await scenario.edit(deployments, 'web', (d) => {
    d.spec.template.spec.containers[0].image = 'v2';
  });
  const web = await complete(scenario, 'v2');
  const revision = web.metadata.annotations?.['deployment.kubernetes.io/revision'];
  assert.equal(revision, '3546343826724305833');
});

test('never more pods are created than asked for, however often the controller runs', async () => {
  const scenario = await started();
  await scenario.until('four pods', () => scenario.cluster.all(pods).length === 4);
  for (let i = 0; i < 20; i++) {
    await scenario.edit(deployments, 'web', (d) => {
      d.metadata.annotations = { ...d.metadata.annotations, poke: String(i) };
    });
  }
  await complete(scenario, 'v1');
  const created = scenario.cluster.calls.filter((c) => c.startsWith('create pods'));
  assert.equal(created.length, 4);
});

test('Recreate takes all old pods away before it makes new ones', async () => {
  const scenario = await started({ type: 'Recreate' });
  await complete(scenario, 'v1');
  const from = scenario.cluster.calls.length;
  await scenario.edit(deployments, 'web', (d) => {
    d.spec.template.spec.containers[0].image = 'v2';
  });
  await complete(scenario, 'v2');
  const calls = scenario.cluster.calls.slice(from);
  const lastDelete = calls.findLastIndex((c) => c.startsWith('delete pods'));
  const firstCreate = calls.findIndex((c) => c.startsWith('create pods'));
  assert.ok(lastDelete !== -1 && lastDelete < firstCreate);
});

test('a paused Deployment scales but does not roll', async () => {
  const scenario = await started();
  await complete(scenario, 'v1');
  await scenario.edit(deployments, 'web', (d) => {
    d.spec.paused = true;
    d.spec.replicas = 6;
    d.spec.template.spec.containers[0].image = 'v2';
  });
  await scenario.until('six pods', () => scenario.cluster.all(pods).length === 6);
  assert.ok(scenario.cluster.all(pods).every((p) => p.spec.containers[0].image === 'v1'));
  assert.equal(scenario.cluster.all(replicaSets).length, 1);
});
