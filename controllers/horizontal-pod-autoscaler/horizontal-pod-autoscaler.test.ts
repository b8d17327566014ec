import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { conflict, StatusError } from '../../object/status-error.ts';
import { metricsText } from '../../reconciler/metrics.ts';
import { PlainRefusal } from '../../reconciler/response-body.ts';
import { deployments, horizontalPodAutoscalers } from '../resources.ts';
import { type FakeMetrics, podMetrics, startFakeMetrics, usages } from './fake-metrics.ts';

const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const statusOf = (fake: FakeMetrics, name: string) =>
  fake.find(horizontalPodAutoscalers, name)?.status;

/** Ends with the test. */
async function start(t: TestContext): Promise<FakeMetrics> {
  const fake = await startFakeMetrics();
  t.after(() => fake.stop());
  return fake;
}

const got = "SucceededGetScale: the HPA controller was able to get the target's current scale";

test('up at once, down when the window is over, and told as upstream tells it', async (t) => {
  const fake = await start(t);
  const { answers, autoscale, condition, deploy, replicas, told, until } = fake;
  await deploy('web', 2);
  answers.set(podMetrics, usages({ 'web-0': '100m', 'web-1': '90m' }));
  await autoscale('web', { metrics: [cpu(50)] });
  await until('four', () => replicas('web') === 4);
  await until('said', () => condition('web', 'AbleToScale')?.startsWith('True SucceededRescale'));
  assert.deepEqual(told, [
    'Normal SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target',
  ]);
  const { lastScaleTime, conditions, ...rest } = statusOf(fake, 'web');
  assert.match(lastScaleTime, /Z$/);
  assert.deepEqual(rest, {
    currentReplicas: 2,
    desiredReplicas: 4,
    currentMetrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', current: { averageUtilization: 95, averageValue: '95m' } },
      },
    ],
  });
  assert.deepEqual(
    conditions.map((c: { type: string; reason: string }) => [c.type, c.reason]),
    [
      ['AbleToScale', 'SucceededRescale'],
      ['ScalingActive', 'ValidMetricFound'],
      ['ScalingLimited', 'DesiredWithinRange'],
    ],
  );
  answers.set(podMetrics, usages({ 'web-0': '10m', 'web-1': '10m' }));
  await until('held', () => condition('web', 'AbleToScale')?.includes('ScaleDownStabilized'));
  assert.equal(replicas('web'), 4);
  await until('one', () => replicas('web') === 1);
  assert.equal(
    told.at(-1),
    'Normal SuccessfulRescale: New size: 1; reason: All metrics below target',
  );
});

test('without metrics it says so each time, and writes once', async (t) => {
  const fake = await start(t);
  const { autoscale, cluster, condition, deploy, told, until } = fake;
  await deploy('web', 2);
  await autoscale('web', { metrics: [cpu(50)] });
  await until('told thrice', () => told.length >= 6);
  const why =
    'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
  assert.deepEqual(told.slice(0, 2), [
    `Warning FailedGetResourceMetric: ${why}`,
    `Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
  ]);
  assert.equal(condition('web', 'AbleToScale'), `True ${got}`);
  assert.equal(
    condition('web', 'ScalingActive'),
    `False FailedGetResourceMetric: the HPA was unable to compute the replica count: ${why}`,
  );
  const writes = cluster.calls.filter((c) =>
    c.startsWith('update/status horizontalpodautoscalers'),
  );
  assert.equal(writes.length, 1);
  const { conditions, ...rest } = statusOf(fake, 'web');
  assert.equal(conditions.length, 2);
  assert.deepEqual(rest, {
    currentReplicas: 2,
    desiredReplicas: 0,
    currentMetrics: [{ type: '' }],
  });
});

test('refusals of metrics are told as client-go would', async (t) => {
  const { answers, autoscale, condition, deploy, until } = await start(t);
  await deploy('web', 1);
  await autoscale('web', { metrics: [cpu(50)] });
  const cases: [Error, string][] = [
    [
      new PlainRefusal(503, 'service unavailable\n'),
      'the server is currently unable to handle the request (get pods.metrics.k8s.io)',
    ],
    [
      new PlainRefusal(502, 'no "way"\n'),
      'an error on the server ("no \\"way\\"") has prevented the request from succeeding (get pods.metrics.k8s.io)',
    ],
    [
      new StatusError(403, 'Forbidden', 'pods.metrics.k8s.io is forbidden'),
      'pods.metrics.k8s.io is forbidden',
    ],
  ];
  for (const [refusal, told] of cases) {
    answers.set(podMetrics, refusal);
    await until(told, () => condition('web', 'ScalingActive')?.endsWith(`metrics API: ${told}`));
  }
  answers.set(podMetrics, { items: [] });
  await until('none', () =>
    condition('web', 'ScalingActive')?.endsWith('no metrics returned from resource metrics API'),
  );
});

test('limits come before metrics; at zero it is off', async (t) => {
  const { autoscale, condition, deploy, edit, replicas, told, until } = await start(t);
  await deploy('big', 3);
  await autoscale('big', { maxReplicas: 2, metrics: [cpu(50)] });
  await until('two', () => replicas('big') === 2);
  assert.match(
    told[0] ?? '',
    /New size: 2; reason: Current number of replicas above Spec.MaxReplicas$/,
  );
  await edit(deployments, 'big', (object) => (object.spec.replicas = 0));
  await until('off', () => condition('big', 'ScalingActive')?.startsWith('False ScalingDisabled'));
  assert.equal(
    condition('big', 'ScalingActive'),
    'False ScalingDisabled: scaling is disabled since the replica count of the target is zero',
  );
  told.length = 0;
  await deploy('small', 1);
  await autoscale('small', { minReplicas: 3, metrics: [cpu(50)] });
  await until('three', () => replicas('small') === 3);
  assert.match(
    told[0] ?? '',
    /New size: 3; reason: Current number of replicas below Spec.MinReplicas$/,
  );
});

test('a target that is not there, of a kind that is not, or without a selector', async (t) => {
  const { autoscale, condition, deploy, told, until } = await start(t);
  const unable = "the HPA controller was unable to get the target's current scale";
  const failed = (name: string) =>
    until(name, () => condition(name, 'AbleToScale')?.startsWith('False FailedGetScale'));
  await autoscale('lost', {});
  await failed('lost');
  const absent = 'deployments.apps "lost" not found';
  assert.equal(condition('lost', 'AbleToScale'), `False FailedGetScale: ${unable}: ${absent}`);
  assert.ok(told.includes(`Warning FailedGetScale: ${absent}`));
  await autoscale('odd', { scaleTargetRef: { apiVersion: 'x.io/v1', kind: 'Odd', name: 'o' } });
  await failed('odd');
  assert.ok(told.includes('Warning FailedGetScale: no matches for kind "Odd" in group "x.io"'));
  await autoscale('bad', { scaleTargetRef: { apiVersion: 'a/b/c', kind: 'Odd', name: 'o' } });
  await failed('bad');
  assert.ok(told.includes('Warning FailedGetScale: unexpected GroupVersion string: a/b/c'));
  await deploy('free', 1, { selectorText: '' });
  await autoscale('free', { metrics: [cpu(50)] });
  await until('no selector', () => condition('free', 'ScalingActive'));
  assert.equal(
    condition('free', 'ScalingActive'),
    "False InvalidSelector: the HPA target's scale is missing a selector",
  );
  assert.ok(told.includes('Warning SelectorRequired: selector is required'));
  assert.ok(told.includes('Warning FailedComputeMetricsReplicas: selector is required'));
});

test('two for the same pods are refused, until one goes', async (t) => {
  const fake = await start(t);
  const { answers, autoscale, cluster, condition, deploy, told, until } = fake;
  await deploy('web', 2);
  answers.set(podMetrics, usages({ 'web-0': '50m', 'web-1': '50m' }));
  await autoscale('web', { metrics: [cpu(50)] });
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  await autoscale('too', { scaleTargetRef, metrics: [cpu(50)] });
  const both =
    'pods by selector app=web are controlled by multiple HPAs: [default/too default/web]';
  for (const name of ['web', 'too']) {
    await until(
      name,
      () => condition(name, 'ScalingActive') === `False AmbiguousSelector: ${both}`,
    );
  }
  assert.ok(told.includes(`Warning AmbiguousSelector: ${both}`));
  assert.ok(told.includes(`Warning FailedComputeMetricsReplicas: ${both}`));
  await cluster.delete(horizontalPodAutoscalers, 'default', 'too');
  await until('one', () => condition('web', 'ScalingActive')?.startsWith('True'));
});

test('one metric that is missing keeps it from shrinking, not from growing', async (t) => {
  const { answers, autoscale, condition, deploy, edit, replicas, told, until } = await start(t);
  await deploy('web', 2);
  answers.set(podMetrics, usages({ 'web-0': '100m', 'web-1': '100m' }));
  const missing = {
    type: 'External',
    external: { metric: { name: 'queue' }, target: { type: 'Value', value: '10' } },
  };
  await autoscale('web', { metrics: [missing, cpu(50)] });
  await until('four', () => replicas('web') === 4);
  const why =
    'unable to get external metric default/queue/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)';
  assert.equal(told[0], `Warning FailedGetExternalMetric: ${why}`);
  await edit(deployments, 'web', (object) => (object.spec.replicas = 6));
  answers.set(podMetrics, usages({ 'web-0': '1m', 'web-1': '1m' }));
  await until('refused', () => condition('web', 'ScalingActive')?.startsWith('False'));
  assert.ok(
    told.includes(
      `Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 2), first error is: failed to get queue external metric value: failed to get external metric queue: ${why}`,
    ),
  );
  assert.equal(replicas('web'), 6);
});

test('metrics of pods, of objects and from elsewhere', async (t) => {
  const fake = await start(t);
  const { answers, asked, autoscale, condition, deploy, replicas, told, until } = fake;
  const version = { groupVersion: 'custom.metrics.k8s.io/v1beta2', version: 'v1beta2' };
  answers.set('/apis', {
    groups: [{ name: 'custom.metrics.k8s.io', versions: [version], preferredVersion: version }],
  });
  const custom = '/apis/custom.metrics.k8s.io/v1beta2/namespaces/default';
  const at = '2026-01-01T00:05:00Z';
  const value = (name: string, amount: string) => ({
    describedObject: { name },
    timestamp: at,
    value: amount,
  });
  answers.set(`${custom}/pods/*/qps`, { items: [value('a-0', '15')] });
  answers.set(`${custom}/services/s/hits`, { items: [value('s', '30')] });
  answers.set(`${custom}/metrics/all`, { items: [value('default', '500m')] });
  answers.set('/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue', {
    items: [value('', '40'), value('', '2')],
  });
  const average = (averageValue: string) => ({ type: 'AverageValue', averageValue });
  const service = { apiVersion: 'v1', kind: 'Service', name: 's' };
  const selector = { matchLabels: { q: 'x' } };
  await deploy('a', 1);
  await autoscale('a', {
    metrics: [
      { type: 'Pods', pods: { metric: { name: 'qps', selector }, target: average('10') } },
      {
        type: 'Object',
        object: {
          describedObject: service,
          metric: { name: 'hits' },
          target: { type: 'Value', value: '20' },
        },
      },
      {
        type: 'Object',
        object: {
          describedObject: { apiVersion: 'v1', kind: 'Namespace', name: 'elsewhere' },
          metric: { name: 'all' },
          target: average('1'),
        },
      },
      {
        type: 'External',
        external: { metric: { name: 'queue', selector }, target: average('14') },
      },
    ],
  });
  await until('three', () => replicas('a') === 3);
  const name =
    'external metric queue(&LabelSelector{MatchLabels:map[string]string{q: x,},MatchExpressions:[]LabelSelectorRequirement{},})';
  assert.deepEqual(told, [`Normal SuccessfulRescale: New size: 3; reason: ${name} above target`]);
  await until('said', () => condition('a', 'ScalingActive'));
  assert.deepEqual(statusOf(fake, 'a').currentMetrics, [
    { type: 'Pods', pods: { metric: { name: 'qps', selector }, current: { averageValue: '15' } } },
    {
      type: 'Object',
      object: { metric: { name: 'hits' }, current: { value: '30' }, describedObject: service },
    },
    {
      type: 'Object',
      object: {
        metric: { name: 'all' },
        current: { averageValue: '500m' },
        describedObject: { apiVersion: 'v1', kind: 'Namespace', name: 'elsewhere' },
      },
    },
    {
      type: 'External',
      external: { metric: { name: 'queue', selector }, current: { averageValue: '42' } },
    },
  ]);
  assert.ok(asked.includes(`${custom}/pods/*/qps?labelSelector=app=a&metricLabelSelector=q=x`));
  assert.ok(
    asked.includes(
      '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue?labelSelector=q=x',
    ),
  );
});

test('a container, and a metric of a pod that lacks it', async (t) => {
  const { answers, autoscale, condition, deploy, replicas, told, until } = await start(t);
  await deploy('web', 2);
  answers.set(podMetrics, usages({ 'web-0': '100m', 'web-1': '100m' }));
  const target = { type: 'AverageValue', averageValue: '50m' };
  const of = (container: string) => ({
    type: 'ContainerResource',
    containerResource: { name: 'cpu', container, target },
  });
  await autoscale('web', { metrics: [of('c')] });
  await until('four', () => replicas('web') === 4);
  assert.match(told[0] ?? '', /; reason: cpu resource above target$/);
  await deploy('b', 1);
  await autoscale('b', { metrics: [of('d')] });
  await until('none', () => condition('b', 'ScalingActive')?.startsWith('False'));
  const why =
    'failed to get cpu usage: unable to get metrics for resource cpu: failed to get container metrics: container d not present in metrics for pod default/web-0';
  assert.ok(told.includes(`Warning FailedGetContainerResourceMetric: ${why}`));
});

test('a scale that somebody else wrote is written again; one that is refused is told', async (t) => {
  const fake = await start(t);
  const { answers, autoscale, condition, deploy, replicas, told, until } = fake;
  await deploy('web', 2);
  answers.set(podMetrics, usages({ 'web-0': '100m', 'web-1': '100m' }));
  const meanwhile = conflict(deployments, 'web', 'changed');
  let conflicts = 2;
  fake.refuseScale = () => {
    if (conflicts-- > 0) throw meanwhile;
  };
  await autoscale('web', { metrics: [cpu(50)] });
  await until('four', () => replicas('web') === 4);
  assert.equal(told.length, 1);
  fake.refuseScale = () => {
    throw new Error('no');
  };
  answers.set(podMetrics, usages({ 'web-0': '200m', 'web-1': '200m' }));
  await until('refused', () => condition('web', 'AbleToScale')?.startsWith('False'));
  assert.equal(
    condition('web', 'AbleToScale'),
    'False FailedUpdateScale: the HPA controller was unable to update the target scale: no',
  );
  const reason = 'cpu resource utilization (percentage of request) above target';
  assert.ok(told.includes(`Warning FailedRescale: New size: 8; reason: ${reason}; error: no`));
});

test('its own behavior and tolerance stand before the flags', async (t) => {
  const { answers, autoscale, condition, deploy, replicas, until } = await start(t);
  await deploy('web', 2);
  answers.set(podMetrics, usages({ 'web-0': '200m', 'web-1': '200m' }));
  const policies = [{ type: 'Pods', value: 1, periodSeconds: 60 }];
  const scaleUp = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies };
  const scaleDown = { ...scaleUp, stabilizationWindowSeconds: 0, tolerance: '950m' };
  await autoscale('web', { metrics: [cpu(50)], behavior: { scaleUp, scaleDown } });
  await until('three', () => replicas('web') === 3);
  const limited =
    'True ScaleUpLimit: the desired replica count is increasing faster than the maximum scale rate';
  await until('limited', () => condition('web', 'ScalingLimited') === limited);
  answers.set(podMetrics, usages({ 'web-0': '3m', 'web-1': '3m' }));
  await until('within', () => condition('web', 'ScalingLimited')?.startsWith('False'));
  assert.equal(replicas('web'), 3);
});

test('monitoring sees what was done, and what it wants until it is gone', async (t) => {
  const { answers, autoscale, cluster, deploy, replicas, until } = await start(t);
  await deploy('seen', 2);
  answers.set(podMetrics, usages({ 'seen-0': '100m', 'seen-1': '100m' }));
  await autoscale('seen', { metrics: [cpu(50)] });
  await until('four', () => replicas('seen') === 4);
  const wanted = '_desired_replicas{hpa_name="seen",namespace="default"}';
  let text = '';
  const shows = async (what: string, there: boolean) => {
    for (let turn = 0; turn < 400 && text.includes(what) !== there; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      text = await metricsText();
    }
    assert.equal(text.includes(what), there, what);
  };
  await shows(`${wanted} 4`, true);
  await shows('_num_horizontal_pod_autoscalers 1', true);
  await shows('_reconciliations_total{action="scale_up",error="none"}', true);
  await shows(
    '_metric_computation_total{action="scale_up",error="none",metric_type="Resource"}',
    true,
  );
  await cluster.delete(horizontalPodAutoscalers, 'default', 'seen');
  await shows(wanted, false);
});
