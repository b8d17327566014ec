import type { KubeObject } from '../../../object/object.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';
import { type Amounts, podLimits, podRequests } from '../../../object/pod-resources.ts';
import { formatQuantity } from '../../../object/quantity.ts';
import { limitFaults, type LimitRangeItem, type Resources } from './limits.ts';

/**
 * Defaults and bounds of a namespace's LimitRanges for containers, pods and claims.
 * Source: plugin/pkg/admission/limitranger.
 */
export function makeLimitRanger(options: { limitRanges: Lister }): AdmissionPlugin {
  return {
    name: 'LimitRanger',
    mutate(request) {
      const pod = request.object;
      if (request.operation !== 'CREATE' || pod === undefined || !isFor(request, '', 'pods'))
        return;
      for (const range of options.limitRanges.list(request.namespace)) setDefaults(pod, range);
    },
    validate(request) {
      const { object } = request;
      const judge = judgeOf(request);
      if (object === undefined || judge === undefined) return;
      for (const range of options.limitRanges.list(request.namespace)) {
        const items: LimitRangeItem[] = range.spec?.limits ?? [];
        check(
          request,
          items.flatMap((item) => judge(object, item)),
        );
      }
    },
  };
}

type Judge = (object: KubeObject, item: LimitRangeItem) => string[];

/** Undefined: nothing that is bounded changes, or what is going. */
function judgeOf(request: AdmissionRequest): Judge | undefined {
  const { operation, oldObject } = request;
  if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
  if (oldObject?.metadata.deletionTimestamp) return undefined;
  if (isFor(request, '', 'persistentvolumeclaims')) return claimFaults;
  const resized = operation === 'UPDATE' && isFor(request, '', 'pods', 'resize');
  return resized || (operation === 'CREATE' && isFor(request, '', 'pods')) ? podFaults : undefined;
}

/** Of one range: the first that is broken is told. */
function check(request: AdmissionRequest, faults: readonly string[]): void {
  const unique = [...new Set(faults)];
  if (unique.length === 0) return;
  throw refused(request, unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`);
}

interface Container {
  name: string;
  resources?: Resources;
}

function setDefaults(pod: KubeObject, range: KubeObject): void {
  const defaults: Required<Resources> = { requests: {}, limits: {} };
  for (const item of (range.spec?.limits ?? []) as LimitRangeItem[]) {
    if (item.type !== 'Container') continue;
    Object.assign(defaults.limits, item.default);
    Object.assign(defaults.requests, item.defaultRequest);
  }
  const notes: string[] = [];
  for (const [title, list] of [
    ['container', 'containers'],
    ['init container', 'initContainers'],
  ] as const) {
    for (const container of (pod.spec?.[list] ?? []) as Container[]) {
      const requests = fill(container, 'requests', defaults.requests);
      const limits = fill(container, 'limits', defaults.limits);
      if (requests.length > 0)
        notes.push(`${requests.join(', ')} request for ${title} ${container.name}`);
      if (limits.length > 0)
        notes.push(`${limits.join(', ')} limit for ${title} ${container.name}`);
    }
  }
  if (notes.length > 0) {
    pod.metadata.annotations = {
      ...pod.metadata.annotations,
      'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${notes.join('; ')}`,
    };
  }
}

/** Names of what was set, sorted. */
function fill(
  container: Container,
  field: 'requests' | 'limits',
  defaults: Record<string, string>,
): string[] {
  const missing = Object.keys(defaults)
    .filter((name) => container.resources?.[field]?.[name] === undefined)
    .toSorted();
  if (missing.length === 0) return [];
  container.resources ??= {};
  const values = { ...container.resources[field] };
  for (const name of missing) values[name] = defaults[name] as string;
  container.resources[field] = values;
  return missing;
}

function podFaults(pod: KubeObject, item: LimitRangeItem): string[] {
  if (item.type === 'Pod') {
    const options = { overhead: false, status: false };
    const requests = shown(podRequests(pod, options));
    return limitFaults(item, { requests, limits: shown(podLimits(pod, options)) });
  }
  if (item.type !== 'Container') return [];
  const { containers, initContainers = [] } = pod.spec ?? {};
  return [...(containers ?? []), ...initContainers].flatMap(({ resources = {} }: Container) =>
    limitFaults(item, resources),
  );
}

function shown(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, formatQuantity(amount)]));
}

function claimFaults(claim: KubeObject, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  return limitFaults(item, { requests: claim.spec?.resources?.requests ?? {} }, true);
}
