import type { KubeObject } from '../../../object/object.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';
import { inScope } from './scope.ts';
import { add, type Amounts, exceeds, increase, measuredResources, usageOf } from './usage.ts';

/**
 * Counts what is created against the namespace's quotas, before it is stored. The quota's status is
 * where usage is kept, so that every server sees it; a write that fails later is corrected by the
 * quota controller. Source: k8s.io/apiserver admission/plugin/resourcequota.
 */
export interface ResourceQuotaOptions {
  quotas: Lister;
  /**
   * Changes a ResourceQuota as it is now, again when another writer came first; `change` gives
   * undefined to leave it alone, and its refusal stands only if made on fresh data.
   */
  revise(
    namespace: string,
    name: string,
    change: (quota: KubeObject) => KubeObject | undefined,
  ): Promise<void>;
}

export function makeResourceQuota(options: ResourceQuotaOptions): AdmissionPlugin {
  return {
    name: 'ResourceQuota',
    validate(request) {
      if (request.subresource !== '' && request.subresource !== 'resize') return undefined;
      if (request.namespace === '' || request.object === undefined) return undefined;
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return undefined;
      const { group, resource } = request.resource;
      const measured = measuredResources.has(`${group}/${resource}`);
      if (request.operation === 'UPDATE' && !measured) return undefined;
      const quotas = options.quotas.list(request.namespace);
      return quotas.length === 0 ? undefined : charge(request, quotas, options);
    },
  };
}

interface Claim {
  quota: KubeObject;
  amounts: Amounts;
}

async function charge(
  request: AdmissionRequest,
  quotas: readonly KubeObject[],
  options: ResourceQuotaOptions,
): Promise<void> {
  const claims = quotas.flatMap((quota) => claimOn(quota, request) ?? []);
  for (const { quota } of claims) checkSpecified(request, quota);
  const chargeable = claims.filter(({ amounts }) => Object.keys(amounts).length > 0);
  // Those that look exceeded first: if they are, nothing has been charged to the others.
  const fits = ({ quota, amounts }: Claim) => fault(quota, amounts) === undefined;
  for (const { quota, amounts } of chargeable.toSorted(
    (a, b) => Number(fits(a)) - Number(fits(b)),
  )) {
    const name = quota.metadata.name ?? '';
    await options.revise(request.namespace, name, (now) => {
      const why = fault(now, amounts);
      if (why !== undefined) throw refused(request, why);
      if (request.dryRun) return undefined;
      const used = add(now.status?.used ?? {}, amounts);
      return { ...now, status: { ...now.status, used } };
    });
  }
}

/** What the request takes from the quota; undefined when the quota is not about it. */
function claimOn(quota: KubeObject, request: AdmissionRequest): Claim | undefined {
  const { object, oldObject, resource } = request;
  if (object === undefined || !inScope(quota, resource.group, resource.resource, object)) {
    return undefined;
  }
  const usage = usageOf(resource.group, resource.resource, object);
  const counted =
    oldObject !== undefined && inScope(quota, resource.group, resource.resource, oldObject);
  const before = counted ? usageOf(resource.group, resource.resource, oldObject) : {};
  const hard: Amounts = quota.spec?.hard ?? {};
  const more = increase(usage, before);
  const amounts = Object.fromEntries(
    Object.entries(more).filter(([name]) => hard[name] !== undefined),
  );
  return { quota, amounts };
}

/** The refusal's text, or undefined when there is room. */
function fault(quota: KubeObject, amounts: Amounts): string | undefined {
  const name = quota.metadata.name ?? '';
  const hard: Amounts = quota.status?.hard ?? {};
  const used: Amounts = quota.status?.used ?? {};
  const unknown = Object.keys(amounts).filter((key) => used[key] === undefined);
  if (unknown.length > 0) {
    return `status unknown for quota: ${name}, resources: ${unknown.toSorted().join(',')}`;
  }
  const over = Object.keys(amounts)
    .filter((key) => {
      const limit = hard[key];
      return (
        limit !== undefined &&
        exceeds(
          add({ [key]: used[key] as string }, { [key]: amounts[key] as string })[key] as string,
          limit,
        )
      );
    })
    .toSorted();
  if (over.length === 0) return undefined;
  const shown = (values: Amounts) => over.map((key) => `${key}=${values[key]}`).join(',');
  return `exceeded quota: ${name}, requested: ${shown(amounts)}, used: ${shown(used)}, limited: ${shown(hard)}`;
}

interface Container {
  name: string;
  resources?: { requests?: Amounts; limits?: Amounts };
}

const specifiable = [
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
];

/** Under a quota on CPU or memory every container must say what it wants. */
function checkSpecified(request: AdmissionRequest, quota: KubeObject): void {
  const { resource, object, operation } = request;
  if (operation !== 'CREATE' || resource.group !== '' || resource.resource !== 'pods') return;
  const required = Object.keys(quota.spec?.hard ?? {}).filter((name) => specifiable.includes(name));
  if (required.length === 0) return;
  const containers: Container[] = [
    ...(object?.spec?.containers ?? []),
    ...(object?.spec?.initContainers ?? []),
  ];
  const missing = new Map<string, string[]>();
  for (const { name, resources = {} } of containers) {
    for (const wanted of required) {
      const [kind, unit] = wanted.includes('.') ? wanted.split('.') : ['requests', wanted];
      const values = kind === 'limits' ? resources.limits : resources.requests;
      if (values?.[unit as string] !== undefined) continue;
      missing.set(wanted, [...(missing.get(wanted) ?? []), name]);
    }
  }
  if (missing.size === 0) return;
  const parts = [...missing]
    .map(([name, who]) => `${name} for: ${who.toSorted().join(',')}`)
    .toSorted();
  throw refused(request, `failed quota: ${quota.metadata.name}: must specify ${parts.join('; ')}`);
}
