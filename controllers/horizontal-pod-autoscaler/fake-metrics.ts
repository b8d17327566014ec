import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { ResourceRef } from '../../reconciler/cluster.ts';
import { PlainRefusal } from '../../reconciler/response-body.ts';
import type { CreateController } from '../context.ts';
import { deployments, horizontalPodAutoscalers, pods } from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler.ts';

/** The autoscaler over a cluster in memory that knows of scales and serves metrics, for tests. */
export interface FakeMetrics extends Scenario {
  /** Answers by path, without parameters; errors are thrown, the others are not found. */
  answers: Map<string, unknown>;
  /** Every path that was asked for, decoded. */
  asked: string[];
  /** Events: type, reason and message. */
  told: string[];
  /** Throws to refuse the write of a scale. */
  refuseScale?: () => void;
  autoscale(name: string, spec: object): Promise<void>;
  replicas(name: string): number;
  /** A Deployment with so many pods that run. */
  deploy(name: string, replicas: number, more?: object): Promise<void>;
  condition(name: string, type: string): string | undefined;
}

export const podMetrics = '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods';

/** PodMetrics of one container each. */
export const usages = (cpu: Record<string, string>, window = '30s') => ({
  items: Object.entries(cpu).map(([name, value]) => ({
    metadata: { name, namespace: 'default' },
    timestamp: '2026-01-01T00:05:00Z',
    window,
    containers: [{ name: 'c', usage: { cpu: value } }],
  })),
});

const started = '2026-01-01T00:00:00Z';
const groups = [
  { name: '', resource: 'pods', kind: 'Pod', version: 'v1' },
  { name: '', resource: 'services', kind: 'Service', version: 'v1' },
  { name: 'apps', resource: 'deployments', kind: 'Deployment', version: 'v1' },
];

function discovery(core: boolean): unknown {
  const found = groups.filter(({ name }) => (name === '') === core);
  const items = found.map(({ name, version, resource, kind }) => {
    const one = { resource, scope: 'Namespaced', responseKind: { kind }, verbs: ['get'] };
    return { metadata: { name }, versions: [{ version, resources: [one] }] };
  });
  return { kind: 'APIGroupDiscoveryList', items };
}

function scaleOf(object: KubeObject): KubeObject {
  const { name = '', namespace = '', resourceVersion = '' } = object.metadata;
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, resourceVersion },
    spec: { replicas: object.spec.replicas },
    status: { replicas: object.spec.replicas, selector: object.spec.selectorText },
  };
}

export async function startFakeMetrics(): Promise<FakeMetrics> {
  const answers = new Map<string, unknown>();
  const asked: string[] = [];
  const told: string[] = [];
  let fake: FakeMetrics;

  function raw(path: string, accept = ''): unknown {
    asked.push(decodeURIComponent(path));
    if (accept.includes('APIGroupDiscoveryList')) return discovery(path === '/api');
    const [bare = ''] = path.split('?');
    const scale = /\/deployments\/(.*)\/scale$/.exec(bare);
    const answer = scale === null ? answers.get(bare) : found(scale[1] ?? '');
    if (answer === undefined) throw new PlainRefusal(404, '404 page not found');
    if (answer instanceof Error) throw answer;
    return answer;
  }
  function found(name: string): KubeObject {
    const object = fake.find(deployments, name);
    if (object === undefined) {
      throw new StatusError(404, 'NotFound', `deployments.apps "${name}" not found`);
    }
    return scaleOf(object);
  }
  const create: CreateController = (context) =>
    horizontalPodAutoscalerController({
      ...context,
      events: {
        record: (_object, type, reason, message) => told.push(`${type} ${reason}: ${message}`),
      },
      cluster: {
        ...context.cluster,
        raw: async (path, accept) => JSON.stringify(raw(path, accept)),
        async update(ref: ResourceRef, object, subresource) {
          if (subresource !== 'scale') return context.cluster.update(ref, object, subresource);
          fake.refuseScale?.();
          const target = fake.find(ref, object.metadata.name ?? '') as KubeObject;
          target.spec.replicas = object.spec.replicas;
          await context.cluster.update(ref, target);
          return object;
        },
      },
    });

  const scenario = await startScenario(create);
  fake = { ...scenario, answers, asked, told, ...actions(scenario) };
  return fake;
}

function actions({ cluster, find }: Scenario) {
  const make = (ref: ResourceRef, name: string, more: object, app = name) => {
    const apiVersion = ref.group === '' ? ref.version : `${ref.group}/${ref.version}`;
    const metadata = { name, namespace: 'default', labels: { app } };
    return cluster.create(ref, { apiVersion, kind: ref.kind, metadata, ...more });
  };
  return {
    async autoscale(name: string, spec: object) {
      const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
      const status = { desiredReplicas: 0, currentMetrics: null };
      const whole = { scaleTargetRef, minReplicas: 1, maxReplicas: 10, ...spec };
      await make(horizontalPodAutoscalers, name, { spec: whole, status });
    },
    replicas: (name: string): number => find(deployments, name)?.spec.replicas,
    async deploy(name: string, replicas: number, more: object = {}) {
      await make(deployments, name, { spec: { replicas, selectorText: `app=${name}`, ...more } });
      const status = {
        phase: 'Running',
        startTime: started,
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: started }],
      };
      const containers = [{ name: 'c', resources: { requests: { cpu: '100m' } } }];
      for (let i = 0; i < replicas; i++) {
        await make(pods, `${name}-${i}`, { spec: { containers }, status }, name);
      }
    },
    condition(name: string, type: string) {
      const { conditions = [] } = find(horizontalPodAutoscalers, name)?.status ?? {};
      const found = conditions.find((one: { type: string }) => one.type === type);
      return found && `${found.status} ${found.reason}: ${found.message}`;
    },
  };
}
