import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { silent } from '../../log/log.ts';
import type { KubeObject } from '../../object/object.ts';
import { parseYaml } from '../../object/yaml.ts';
import { connectCluster } from '../../reconciler/cluster-client.ts';
import type { Cluster } from '../../reconciler/cluster.ts';
import { type Change, Informer } from '../../reconciler/informer.ts';
import { controlPlanes, definitions, pods, secrets } from './resources.ts';

/** What hack/up does through the API, as a person with kubectl would. */

const fieldManager = 'hack-up';
const definitionFile = join(import.meta.dirname, '../../crds/control-plane.yaml');
const pollMs = 100;

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
}

function conditionsOf(object: KubeObject | undefined): Condition[] {
  return object?.['status']?.conditions ?? [];
}

export function readObjects(file: string): KubeObject[] {
  return readFileSync(file, 'utf8')
    .split(/^---$/m)
    .map((text) => parseYaml(text) as KubeObject | null)
    .filter((object) => object !== null);
}

/** Resolves when the API server serves ControlPlanes. */
export async function applyDefinition(cluster: Cluster): Promise<void> {
  for (const definition of readObjects(definitionFile)) {
    await cluster.apply(definitions, definition, { fieldManager, force: true });
    const { name = '' } = definition.metadata;
    for (;;) {
      const conditions = conditionsOf(await cluster.get(definitions, '', name));
      if (conditions.some((c) => c.type === 'Established' && c.status === 'True')) break;
      await pause(pollMs / 2);
    }
  }
}

export async function applyControlPlane(cluster: Cluster, wanted: KubeObject): Promise<void> {
  await cluster.apply(controlPlanes, wanted, { fieldManager, force: true });
}

export interface Observer {
  /** A part of it has become ready. */
  reached(type: string): void;
  /** What it says about itself now. */
  said(message: string): void;
  /** One of its namespace's pods has changed. */
  pod(change: Change): void;
}

/** Conditions that mark the way to Ready. */
const parts = ['CertificatesValid', 'EtcdReady', 'APIServerReady', 'ControllersReady'];

/** Follows the ControlPlane until it is Ready for what was applied. Throws at the deadline. */
export async function untilReady(
  cluster: Cluster,
  wanted: KubeObject,
  deadline: number,
  observer: Observer,
): Promise<KubeObject> {
  const { name = '', namespace = '' } = wanted.metadata;
  const query = { namespace, fieldSelector: `metadata.name=${name}` };
  const informer = new Informer({ cluster, ref: controlPlanes, query, log: silent });
  const own = { namespace, labelSelector: `quorate.dev/control-plane=${name}` };
  const pod = new Informer({ cluster, ref: pods, query: own, log: silent });
  const reached = new Set<string>();
  let told = '';
  const look = (now: KubeObject): boolean => {
    const { generation } = now.metadata;
    const conditions = conditionsOf(now).filter((c) => c.observedGeneration === generation);
    for (const { type, status } of conditions) {
      if (status !== 'True' || reached.has(type) || !parts.includes(type)) continue;
      reached.add(type);
      observer.reached(type);
    }
    const ready = conditions.find((c) => c.type === 'Ready');
    if (ready?.status === 'True') return true;
    const message = ready?.message ?? 'the operator has not looked at it yet';
    if (message !== told) observer.said(message);
    told = message;
    return false;
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<KubeObject>((resolve, reject) => {
      const late = (): void =>
        reject(new Error(`${namespace}/${name} is not Ready: ${told || 'it is not there'}`));
      timer = setTimeout(late, deadline - Date.now());
      informer.on(({ type, object }) => {
        if (type !== 'deleted' && look(object)) resolve(object);
      });
      pod.on((change) => observer.pod(change));
      informer.start();
      pod.start();
    });
  } finally {
    clearTimeout(timer);
    await Promise.all([informer.stop(), pod.stop()]);
  }
}

/** Writes the administrator's kubeconfig and resolves when the API answers through it. */
export async function writeKubeconfig(
  cluster: Cluster,
  controlPlane: KubeObject,
  file: string,
  deadline: number,
): Promise<void> {
  const { namespace = '' } = controlPlane.metadata;
  const secretName: string = controlPlane['status']?.kubeconfigSecret ?? '';
  const secret = await cluster.get(secrets, namespace, secretName);
  const encoded: string | undefined = secret?.['data']?.value;
  if (encoded === undefined) throw new Error(`Secret ${namespace}/${secretName} has no key value`);
  writeFileSync(file, Buffer.from(encoded, 'base64'), { mode: 0o600 });
  const tenant = connectCluster({ kubeconfig: file, userAgent: fieldManager, timeoutMs: 2_000 });
  for (;;) {
    try {
      await tenant.raw('/readyz');
      break;
    } catch (error) {
      // After a restart the status may still be that of the run before.
      if (Date.now() > deadline) throw error;
      await pause(pollMs);
    }
  }
  tenant.close();
}

/** One line for each pod that is not ready, with its reason. */
export async function unreadyPods(cluster: Cluster, namespace: string): Promise<string[]> {
  const { items } = await cluster.list(pods, { namespace });
  return items.flatMap((pod) => {
    const conditions = conditionsOf(pod);
    if (conditions.some((c) => c.type === 'Ready' && c.status === 'True')) return [];
    const states: { state?: Record<string, { reason?: string; message?: string }> }[] =
      pod['status']?.containerStatuses ?? [];
    const waiting = states
      .flatMap(({ state = {} }) => Object.values(state))
      .map(({ reason, message }) => [reason, message].filter(Boolean).join(': '))
      .filter((text) => text !== '');
    const unmet = conditions.find((c) => c.status !== 'True' && c.message !== undefined);
    const why = waiting[0] ?? unmet?.message ?? '';
    return [`${pod.metadata.name}  ${pod['status']?.phase ?? 'Pending'}  ${why}`.trimEnd()];
  });
}
