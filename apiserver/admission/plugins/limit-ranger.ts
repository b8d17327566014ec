import type { KubeObject } from '../../../object/object.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';
import { limitFaults, type LimitRangeItem, type Resources, sumOfPod } from './limits.ts';

/**
 * Defaults and bounds of a namespace's LimitRanges for containers, pods and claims.
 * Source: plugin/pkg/admission/limitranger.
 */
export function makeLimitRanger(options: { limitRanges: Lister }): AdmissionPlugin {
  const itemsOf = (request: AdmissionRequest): LimitRangeItem[] =>
    options.limitRanges.list(request.namespace).flatMap((range) => range.spec?.limits ?? []);

  return {
    name: 'LimitRanger',
    mutate(request) {
      const pod = request.object;
      if (request.operation !== 'CREATE' || pod === undefined || !isFor(request, '', 'pods'))
        return;
      for (const range of options.limitRanges.list(request.namespace)) setDefaults(pod, range);
    },
    validate(request) {
      const { object, operation } = request;
      if (object === undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
      const resized = operation === 'UPDATE' && isFor(request, '', 'pods', 'resize');
      if ((operation === 'CREATE' && isFor(request, '', 'pods')) || resized) {
        check(
          request,
          itemsOf(request).flatMap((item) => podFaults(object, item)),
        );
      } else if (isFor(request, '', 'persistentvolumeclaims')) {
        check(
          request,
          itemsOf(request).flatMap((item) => claimFaults(object, item)),
        );
      }
    },
  };
}

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
    ['init container', 'initContainers'],
    ['container', 'containers'],
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
  if (item.type === 'Pod') return limitFaults(item, sumOfPod(pod));
  if (item.type !== 'Container') return [];
  const { containers, initContainers = [] } = pod.spec ?? {};
  return [...(containers ?? []), ...initContainers].flatMap(({ resources = {} }: Container) =>
    limitFaults(item, resources),
  );
}

function claimFaults(claim: KubeObject, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  return limitFaults(item, { requests: claim.spec?.resources?.requests ?? {} }, true);
}
