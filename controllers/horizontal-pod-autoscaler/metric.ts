import type { KubeObject } from '../../object/object.ts';
import {
  formatLabelSelector,
  type LabelSelector,
  labelSelectorFromObject,
  type LabelSelectorObject,
} from '../../object/selector.ts';
import type { Cluster } from '../../reconciler/cluster.ts';
import type { MetricSpec, MetricTarget, ResourceSource } from './autoscaler.ts';
import { readExternal, readObject, readPods, readResource } from './metrics-client.ts';
import { milliOf, milliText } from './milli.ts';
import type { PodMetrics, Timing } from './pod-groups.ts';
import { requestsOf } from './pod-requests.ts';
import {
  forAverage,
  forShare,
  forUtilization,
  forValue,
  type PodQuestion,
  sum,
  type Tolerances,
} from './replicas.ts';
import { selectorText } from './selector-text.ts';
import type { MetricStatus } from './status.ts';

/** What metrics are asked about: a target and its pods. */
export interface Workload {
  cluster: Cluster;
  namespace: string;
  selector: LabelSelector;
  pods: readonly KubeObject[];
  specReplicas: number;
  statusReplicas: number;
  tolerances: Tolerances;
  timing: Timing;
  resourceOf(group: string, kind: string): Promise<string>;
}

export interface Proposal {
  replicas: number;
  /** As messages call the metric. */
  name: string;
  status: MetricStatus;
}

/** A metric that gives no number: its event and condition say `reason` and `cause`, all metrics together the message. */
export class MetricFailure extends Error {
  readonly reason: string;
  readonly why: string;
  constructor(reason: string, why: string, message: string) {
    super(message);
    this.reason = reason;
    this.why = why;
  }
}

/** @throws MetricFailure */
export async function propose(workload: Workload, spec: MetricSpec): Promise<Proposal> {
  const { type } = spec;
  if (type === 'Resource' && spec.resource) return ofResource(workload, spec.resource);
  if (type === 'ContainerResource' && spec.containerResource) {
    return ofContainer(workload, spec.containerResource);
  }
  if (type === 'Pods' && spec.pods) return ofPods(workload, spec.pods);
  if (type === 'Object' && spec.object) return ofObject(workload, spec.object);
  if (type === 'External' && spec.external) return ofExternal(workload, spec.external);
  const unknown = `unknown metric source type ${JSON.stringify(type)}`;
  throw new MetricFailure('InvalidMetricSourceType', unknown, unknown);
}

/** What fails within is told with these words before it. */
async function attempt<T>(reason: string, before: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = (error as Error).message;
    throw new MetricFailure(reason, why, before + why);
  }
}

async function telling<T>(before: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(before + (error as Error).message);
  }
}

function ofResource(workload: Workload, source: ResourceSource): Promise<Proposal> {
  const { name } = source;
  const before = `failed to get ${name} resource metric value: `;
  return attempt('FailedGetResourceMetric', before, async () => {
    const { replicas, current } = await byResource(workload, source, '');
    const unit = source.target.averageValue == null ? ' utilization (percentage of request)' : '';
    const status = { type: 'Resource', resource: { name, current } };
    return { replicas, name: `${name} resource${unit}`, status };
  });
}

function ofContainer(workload: Workload, source: ResourceSource): Promise<Proposal> {
  const { name, container = '' } = source;
  const before = `failed to get ${container} container metric value: `;
  return attempt('FailedGetContainerResourceMetric', before, async () => {
    const { replicas, current } = await byResource(workload, source, container);
    const called =
      source.target.averageValue == null
        ? `${name} container resource utilization (percentage of request)`
        : `${name} resource`;
    const containerResource = { name, container, current };
    return { replicas, name: called, status: { type: 'ContainerResource', containerResource } };
  });
}

async function byResource(
  workload: Workload,
  { name, target }: ResourceSource,
  container: string,
): Promise<{ replicas: number; current: object }> {
  const { averageValue, averageUtilization } = target;
  const metrics = () =>
    telling(`unable to get metrics for resource ${name}: `, () =>
      readResource(workload.cluster, workload.namespace, {
        resource: name,
        container,
        selector: formatLabelSelector(workload.selector),
      }),
    );
  if (averageValue != null) {
    const { replicas, usage } = await telling(`failed to get ${name} usage: `, async () =>
      forAverage(questionOf(workload, name, await metrics()), milliOf(averageValue)),
    );
    return { replicas, current: { averageValue: milliText(usage) } };
  }
  if (averageUtilization == null) {
    const neither = 'neither an average utilization target nor an average value (usage) target';
    throw new Error(`invalid resource metric source: ${neither} was set`);
  }
  const answer = await telling(`failed to get ${name} utilization: `, async () =>
    forUtilization(questionOf(workload, name, await metrics()), averageUtilization, () =>
      requestsOf(workload.pods, container, name),
    ),
  );
  const { replicas, usage, utilization } = answer;
  const current = { averageValue: milliText(usage), averageUtilization: utilization };
  return { replicas, current };
}

function questionOf(workload: Workload, resource: string, metrics: PodMetrics): PodQuestion {
  const { specReplicas: current, tolerances, pods, timing } = workload;
  return { current, tolerances, pods, metrics, resource, timing };
}

function ofPods(workload: Workload, source: NonNullable<MetricSpec['pods']>): Promise<Proposal> {
  const { metric, target } = source;
  const { cluster, namespace } = workload;
  return attempt('FailedGetPodsMetric', 'failed to get pods metric value: ', async () => {
    const metricSelector = textOf(metric.selector);
    const asked = { metric: metric.name, selector: formatLabelSelector(workload.selector) };
    const metrics = await telling(`unable to get metric ${metric.name}: `, () =>
      readPods(cluster, namespace, { ...asked, metricSelector }),
    );
    const question = questionOf(workload, '', metrics);
    const { replicas, usage } = forAverage(question, milliOf(target.averageValue ?? '0'));
    const current = { averageValue: milliText(usage) };
    const status = { type: 'Pods', pods: { metric, current } };
    return { replicas, name: `pods metric ${metric.name}`, status };
  });
}

async function ofObject(
  workload: Workload,
  source: NonNullable<MetricSpec['object']>,
): Promise<Proposal> {
  const { metric, target, describedObject } = source;
  const { cluster, namespace } = workload;
  const before = 'failed to get object metric value: ';
  const reason = 'FailedGetObjectMetric';
  const usageOf = async () => {
    const metricSelector = textOf(metric.selector);
    try {
      const asked = { metric: metric.name, object: describedObject, metricSelector };
      return await readObject(cluster, namespace, asked, workload.resourceOf);
    } catch (error) {
      // upstream mixes up the order of these
      const place = `${describedObject.kind} on ${namespace} ${describedObject.name}`;
      throw new Error(`unable to get metric ${metric.name}: ${place}/${(error as Error).message}`);
    }
  };
  const statusOf = (current: object): MetricStatus => ({
    type: 'Object',
    object: { metric, current, describedObject },
  });
  const { value, averageValue } = target;
  if (target.type === 'Value' && value != null) {
    return attempt(reason, before, async () => {
      const usage = await usageOf();
      const replicas = forValue(questionOf(workload, '', new Map()), usage, milliOf(value));
      const name = `${describedObject.kind} metric ${metric.name}`;
      return { replicas, name, status: statusOf({ value: milliText(usage) }) };
    });
  }
  if (target.type === 'AverageValue' && averageValue != null) {
    const more = `${before}failed to get ${metric.name} object metric: `;
    return attempt(reason, more, async () => {
      const { replicas, usage } = byShare(workload, await usageOf(), averageValue);
      const status = statusOf({ averageValue: milliText(usage) });
      return { replicas, name: externalName(metric), status };
    });
  }
  return attempt(reason, before, async () => {
    throw new Error(`invalid object metric source: ${noTarget}`);
  });
}

async function ofExternal(
  workload: Workload,
  source: NonNullable<MetricSpec['external']>,
): Promise<Proposal> {
  const { metric, target } = source;
  const { cluster, namespace } = workload;
  const before = `failed to get ${metric.name} external metric value: `;
  const reason = 'FailedGetExternalMetric';
  const usageOf = async () => {
    const selector = textOf(metric.selector);
    const place = `${namespace}/${metric.name}/${selectorText(metric.selector)}`;
    return sum(
      await telling(`unable to get external metric ${place}: `, () =>
        readExternal(cluster, namespace, { metric: metric.name, selector }),
      ),
    );
  };
  const proposal = (replicas: number, current: Partial<MetricTarget>): Proposal => ({
    replicas,
    name: externalName(metric),
    status: { type: 'External', external: { metric, current } },
  });
  const { value, averageValue } = target;
  if (averageValue != null) {
    const more = `${before}failed to get ${metric.name} external metric: `;
    return attempt(reason, more, async () => {
      const { replicas, usage } = byShare(workload, await usageOf(), averageValue);
      return proposal(replicas, { averageValue: milliText(usage) });
    });
  }
  if (value != null) {
    const more = `${before}failed to get external metric ${metric.name}: `;
    return attempt(reason, more, async () => {
      const usage = await usageOf();
      const replicas = forValue(questionOf(workload, '', new Map()), usage, milliOf(value));
      return proposal(replicas, { value: milliText(usage) });
    });
  }
  return attempt(reason, before, async () => {
    throw new Error(`invalid external metric source: ${noTarget}`);
  });
}

const noTarget = 'neither a value target nor an average value target was set';
const externalName = ({ name, selector }: { name: string; selector?: LabelSelectorObject }) =>
  `external metric ${name}(${selectorText(selector)})`;

/** No selector asks for all, as one without requirements does. */
function textOf(selector: LabelSelectorObject | undefined): string {
  return formatLabelSelector(labelSelectorFromObject(selector));
}

function byShare({ statusReplicas, tolerances }: Workload, usage: bigint, target: string) {
  return forShare(statusReplicas, tolerances, usage, milliOf(target));
}
