import { parseDuration } from '../../object/duration.ts';
import { parseApiVersion } from '../../object/object.ts';
import type { Cluster } from '../../reconciler/cluster.ts';
import type { TargetReference } from './autoscaler.ts';
import { milliOf } from './milli.ts';
import type { PodMetric, PodMetrics } from './pod-groups.ts';
import { read } from './server-answer.ts';

/** The three APIs of metrics, which others serve (k8s.io/metrics). Selectors are text; '' asks for all. */

interface Container {
  name: string;
  usage?: Record<string, string>;
}

interface PodUsage {
  metadata: { name: string; namespace?: string };
  timestamp: string;
  window: string;
  containers?: Container[];
}

interface MetricValue {
  describedObject?: { name?: string };
  timestamp: string;
  windowSeconds?: number;
  /** The same in v1beta1. */
  window?: number;
  value: string;
}

/** What a container or, for '', each whole pod uses of a resource. */
export async function readResource(
  cluster: Cluster,
  namespace: string,
  { resource, container, selector }: { resource: string; container: string; selector: string },
): Promise<PodMetrics> {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const items = await itemsOf<PodUsage>('resource', async () =>
    read(cluster, path + query({ labelSelector: selector }), 'pods.metrics.k8s.io'),
  );
  const metrics: PodMetrics = new Map();
  for (const item of items) {
    const value = container === '' ? whole(item, resource) : part(item, resource, container);
    if (value === undefined) continue;
    metrics.set(item.metadata.name, {
      atMs: Date.parse(item.timestamp),
      windowMs: parseDuration(item.window) ?? 0,
      value,
    });
  }
  return metrics;
}

/** Unknown where that of one container is. */
function whole({ containers = [] }: PodUsage, resource: string): bigint | undefined {
  if (containers.length === 0) return undefined;
  let total = 0n;
  for (const { usage } of containers) {
    const value = usage?.[resource];
    if (value === undefined) return undefined;
    total += milliOf(value);
  }
  return total;
}

function part({ metadata, containers = [] }: PodUsage, resource: string, name: string) {
  const found = containers.find((c) => c.name === name);
  if (found === undefined) {
    const pod = `${metadata.namespace ?? ''}/${metadata.name}`;
    throw new Error(
      `failed to get container metrics: container ${name} not present in metrics for pod ${pod}`,
    );
  }
  const value = found.usage?.[resource];
  return value === undefined ? undefined : milliOf(value);
}

/** A metric of each of the pods. */
export async function readPods(
  cluster: Cluster,
  namespace: string,
  {
    metric,
    selector,
    metricSelector,
  }: { metric: string; selector: string; metricSelector: string },
): Promise<PodMetrics> {
  const items = await itemsOf<MetricValue>('custom', async () => {
    const path = `namespaces/${encodeURIComponent(namespace)}/pods/*/${encodeURIComponent(metric)}`;
    const asked = query({ labelSelector: selector, metricLabelSelector: metricSelector });
    return read(cluster, `${await customRoot(cluster)}/${path}${asked}`, customName('pods', '*'));
  });
  return new Map(
    items.map((item): [string, PodMetric] => [
      item.describedObject?.name ?? '',
      {
        atMs: Date.parse(item.timestamp),
        windowMs: (item.windowSeconds ?? item.window ?? 60) * 1000,
        value: milliOf(item.value),
      },
    ]),
  );
}

/** @param resourceOf the plural name with its group: `ingresses.networking.k8s.io` */
export async function readObject(
  cluster: Cluster,
  namespace: string,
  asked: { metric: string; object: TargetReference; metricSelector: string },
  resourceOf: (group: string, kind: string) => Promise<string>,
): Promise<bigint> {
  const { metric, object, metricSelector } = asked;
  const { group } = parseApiVersion(object.apiVersion ?? '') ?? { group: '' };
  const within = `namespaces/${encodeURIComponent(namespace)}`;
  try {
    const root = await customRoot(cluster);
    // a namespace may only ask for itself, whatever it says
    const ofNamespace = object.kind === 'Namespace' && group === '';
    const resource = ofNamespace ? 'metrics' : await resourceOf(group, object.kind);
    const name = ofNamespace ? metric : object.name;
    const path = ofNamespace
      ? `${within}/metrics/${encodeURIComponent(metric)}`
      : `${within}/${resource}/${encodeURIComponent(name)}/${encodeURIComponent(metric)}`;
    const parameters = query({ metricLabelSelector: metricSelector });
    const { items = [] } = await read(
      cluster,
      `${root}/${path}${parameters}`,
      customName(resource, name),
    );
    if (items.length !== 1) {
      const many = `returned ${items.length} results when we asked for exactly one`;
      throw new Error(`the custom metrics API server ${many}`);
    }
    return milliOf(items[0].value);
  } catch (error) {
    throw unable('custom', error);
  }
}

export async function readExternal(
  cluster: Cluster,
  namespace: string,
  { metric, selector }: { metric: string; selector: string },
): Promise<bigint[]> {
  const within = `namespaces/${encodeURIComponent(namespace)}/${encodeURIComponent(metric)}`;
  const path = `/apis/external.metrics.k8s.io/v1beta1/${within}${query({ labelSelector: selector })}`;
  const items = await itemsOf<MetricValue>('external', async () =>
    read(cluster, path, `${metric}.external.metrics.k8s.io`),
  );
  return items.map(({ value }) => milliOf(value));
}

const customGroup = 'custom.metrics.k8s.io';
const customVersions = ['v1beta2', 'v1beta1'];
const customName = (resource: string, name: string) => `${resource}.${customGroup} ${name}`;

/** In the version that the server prefers, if we know it. */
async function customRoot(cluster: Cluster): Promise<string> {
  const { groups = [] } = await read(cluster, '/apis', '');
  const group = groups.find(({ name }: { name: string }) => name === customGroup);
  if (group === undefined) throw new Error(`no custom metrics API (${customGroup}) registered`);
  const offered: { version: string }[] = [group.preferredVersion ?? {}, ...(group.versions ?? [])];
  const known = offered.find(({ version }) => customVersions.includes(version));
  if (known === undefined) throw new Error('no known available metric versions found');
  return `/apis/${customGroup}/${known.version}`;
}

/** At least one of them. */
async function itemsOf<T>(api: string, list: () => Promise<{ items?: T[] }>): Promise<T[]> {
  let items: T[];
  try {
    ({ items = [] } = await list());
  } catch (error) {
    throw unable(api, error);
  }
  if (items.length === 0) throw new Error(`no metrics returned from ${api} metrics API`);
  return items;
}

function unable(api: string, error: unknown): Error {
  return new Error(`unable to fetch metrics from ${api} metrics API: ${(error as Error).message}`);
}

function query(parameters: Record<string, string>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== '');
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
