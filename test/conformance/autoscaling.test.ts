import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { after, test } from 'node:test';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { type ApiClient, stored } from '../../apiserver/verbs/api-client.ts';
import { closed, listening } from '../../apiserver/verbs/connect/fake-kubelet.ts';
import { type Any, named, podSpec, startCluster, until } from './cluster.ts';

/** Conformance of sig-autoscaling: HorizontalPodAutoscalers, with a server of metrics that the API server aggregates. */
const { api, ns } = await startCluster([
  '--horizontal-pod-autoscaler-sync-period=500ms',
  '--horizontal-pod-autoscaler-downscale-stabilization=2s',
  '--horizontal-pod-autoscaler-cpu-initialization-period=0s',
]);
const autoscalers = 'autoscaling/v2/horizontalpodautoscalers';
const deployments = 'apps/v1/deployments';

/** What every pod uses, as a quantity. */
const usage = { cpu: '90m' };

/** Stands in for metrics-server: every pod that matches uses the same. */
async function serveMetrics(client: ApiClient): Promise<number> {
  const hourMs = 3_600_000;
  const authority = await issueAuthority({ commonName: 'metrics-ca', durationMs: hourMs });
  const leaf = await issueCertificate(authority, {
    subject: { commonName: 'metrics' },
    names: { dnsNames: ['metrics.default.svc'] },
    usages: ['server auth'],
    durationMs: hourMs,
  });
  const options = { cert: leaf.certificatePem, key: leaf.privateKeyPem };
  const server = createServer(options, async (request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'https://metrics');
    const namespace = /\/namespaces\/([^/]+)\/pods$/.exec(pathname)?.[1];
    const body =
      namespace === undefined
        ? discovery
        : {
            kind: 'PodMetricsList',
            apiVersion: 'metrics.k8s.io/v1beta1',
            metadata: {},
            items: await usagesOf(client, `/api/v1/namespaces/${namespace}/pods${search}`),
          };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  });
  after(() => closed(server));
  return listening(server);
}

const discovery = {
  kind: 'APIResourceList',
  groupVersion: 'metrics.k8s.io/v1beta1',
  resources: [{ name: 'pods', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] }],
};

async function usagesOf(client: ApiClient, path: string): Promise<object[]> {
  const pods: Any[] = stored(await client.get(path)).items;
  return pods
    .filter(({ status }) => status.phase === 'Running')
    .map(({ metadata: { name, namespace } }) => ({
      metadata: { name, namespace },
      timestamp: new Date().toISOString(),
      window: '10s',
      containers: [{ name: 'c', usage: { cpu: usage.cpu } }],
    }));
}

async function register(port: number): Promise<void> {
  const spec = { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] };
  stored(await api.create('/api/v1/namespaces/default/services', named('metrics', spec)), 201);
  const service = { namespace: 'default', name: 'metrics', port };
  const body = named('v1beta1.metrics.k8s.io', {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
    service,
  });
  stored(await api.create('/apis/apiregistration.k8s.io/v1/apiservices', body), 201);
}

const conditionOf = ({ status }: Any, type: string): Any =>
  status.conditions?.find((c: Any) => c.type === type) ?? {};

test('HorizontalPodAutoscaler should scale a Deployment up and down by the use of CPU', async () => {
  const containers = [{ name: 'c', image: 'agnhost:1', resources: { requests: { cpu: '100m' } } }];
  const labels = { name: 'web' };
  const template = { metadata: { labels }, spec: podSpec(undefined, { containers }) };
  const selector = { matchLabels: labels };
  await ns.create(deployments, named('web', { replicas: 2, selector, template }));
  await ns.create(
    autoscalers,
    named('web', {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 5,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
        },
      ],
    }),
  );
  const reading = () => ns.get(autoscalers, 'web');
  const blind = await until('it has no metrics', async () => {
    const found = await reading();
    return conditionOf(found, 'ScalingActive').reason === 'FailedGetResourceMetric' && found;
  });
  const gone = 'the server could not find the requested resource (get pods.metrics.k8s.io)';
  assert.ok(conditionOf(blind, 'ScalingActive').message.endsWith(gone));
  assert.equal(blind.status.desiredReplicas, 0);

  await register(await serveMetrics(api));
  // 90 of 50: 3.6 of 2, then 5 at most
  const replicas = async () => (await ns.get(deployments, 'web')).spec.replicas;
  await until('it is as large as can be', async () => (await replicas()) === 5);
  const high = await until('that is told', async () => {
    const found = await reading();
    return found.status.currentReplicas === 5 && found;
  });
  assert.equal(high.status.desiredReplicas, 5);
  assert.ok(high.status.lastScaleTime);
  assert.deepEqual(high.status.currentMetrics, [
    {
      type: 'Resource',
      resource: { name: 'cpu', current: { averageUtilization: 90, averageValue: '90m' } },
    },
  ]);

  usage.cpu = '10m';
  await until('it is as small as can be', async () => (await replicas()) === 1);
  const events = await ns.list('events');
  const told = events.filter((e) => e.involvedObject.kind === 'HorizontalPodAutoscaler');
  assert.ok(told.every((e) => e.source.component === 'horizontal-pod-autoscaler'));
  const messages = told.filter((e) => e.reason === 'SuccessfulRescale').map((e) => e.message);
  const above = 'cpu resource utilization (percentage of request) above target';
  assert.ok(messages.includes(`New size: 5; reason: ${above}`), messages.join('\n'));
  assert.ok(messages.includes('New size: 1; reason: All metrics below target'));
});

test('HorizontalPodAutoscaler should keep any scale within its limits, custom ones too', async () => {
  const scale = {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.status.selector',
  };
  const schema = {
    openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  };
  const version = { name: 'v1', served: true, storage: true, schema };
  const definition = named('farms.example.com', {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'farms', kind: 'Farm' },
    versions: [{ ...version, subresources: { status: {}, scale } }],
  });
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  stored(await api.create(crds, definition), 201);
  await until('farms are served', async () => (await ns.list('example.com/v1/farms')).length === 0);
  const farm = { apiVersion: 'example.com/v1', kind: 'Farm', ...named('f', { replicas: 9 }) };
  await ns.create('example.com/v1/farms', farm);
  await ns.create(
    autoscalers,
    named('farm', {
      scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Farm', name: 'f' },
      maxReplicas: 3,
    }),
  );
  await until('three', async () => (await ns.get('example.com/v1/farms', 'f')).spec.replicas === 3);
  const found = await until('a selector is missed', async () => {
    const one = await ns.get(autoscalers, 'farm');
    return conditionOf(one, 'ScalingActive').reason === 'InvalidSelector' && one;
  });
  assert.equal(
    conditionOf(found, 'ScalingActive').message,
    "the HPA target's scale is missing a selector",
  );
});
