import type { KubeObject } from '../../../object/object.ts';
import { hasPodLevelResources } from '../../../object/pod-resources.ts';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  subtractQuantities,
} from '../../../object/quantity.ts';
import { inScope, isTerminating } from '../../../object/quota-scope.ts';
import type { ClaimSurroundings } from '../../../object/claim-usage.ts';
import { isClaimOfDevices, namesCounting, usageOf } from '../../../object/quota-usage.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';
import { checkCovered, type LimitedResource } from './limited.ts';

/**
 * Counts what is created against the namespace's quotas, before it is stored. The quota's status is
 * where usage is kept, so that every server sees it; a write that fails later is corrected by the
 * quota controller. What that has not counted yet limits nothing.
 * Source: k8s.io/apiserver admission/plugin/resourcequota.
 */
export interface ResourceQuotaOptions {
  quotas: Lister;
  /** Of ResourceClaims. */
  around?: ClaimSurroundings | undefined;
  /** What needs a quota to be used at all; from the configuration file. */
  limits?: readonly LimitedResource[] | undefined;
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
      if (request.namespace === '' || request.object === undefined) return undefined;
      if (!isCharged(request)) return undefined;
      const quotas = options.quotas.list(request.namespace);
      if (quotas.length === 0 && (options.limits ?? []).length === 0) return undefined;
      return charge(request, quotas, options);
    },
  };
}

/** What may use more than before: what is new, and what is measured by its contents. */
function isCharged({ operation, resource, subresource, object, oldObject }: AdmissionRequest) {
  const { group, resource: plural } = resource;
  if (operation === 'UPDATE' && group === '' && plural === 'pods') {
    // A pod that gets a time to end may come under another quota.
    const ends = (pod: KubeObject | undefined) => pod !== undefined && isTerminating(pod);
    return subresource === 'resize' || (subresource === '' && ends(object) !== ends(oldObject));
  }
  const isClaim = group === '' && plural === 'persistentvolumeclaims';
  if (subresource === 'status') return operation === 'UPDATE' && isClaim;
  if (subresource !== '') return false;
  if (operation === 'CREATE') return true;
  if (operation !== 'UPDATE') return false;
  return isClaim || (group === '' && plural === 'services') || isClaimOfDevices(group, plural);
}

interface Claim {
  quota: KubeObject;
  /** What it limits of the resource. */
  names: readonly string[];
  /** More than before, by the names that the quota limits. */
  amounts: ReadonlyMap<string, Quantity>;
}

async function charge(
  request: AdmissionRequest,
  quotas: readonly KubeObject[],
  options: ResourceQuotaOptions,
): Promise<void> {
  const claims = quotas.flatMap((quota) => claimOn(quota, request, options.around) ?? []);
  checkLimited(request, quotas, claims, options);
  const chargeable = claims.filter(({ amounts }) => amounts.size > 0);
  // Those that look exceeded first: if they are, nothing has been charged to the others.
  const fits = ({ quota, amounts }: Claim) => fault(quota, amounts) === undefined;
  for (const { quota, amounts } of chargeable.toSorted(
    (a, b) => Number(fits(a)) - Number(fits(b)),
  )) {
    const name = quota.metadata.name ?? '';
    await options.revise(request.namespace, name, (now) => {
      // a status tells what has been given already
      const why = request.subresource === 'status' ? undefined : fault(now, amounts);
      if (why !== undefined) throw refused(request, why);
      if (request.dryRun) return undefined;
      const used: Record<string, string> = { ...now.status?.used };
      for (const [key, amount] of amounts) used[key] = sum(used[key], amount);
      return { ...now, status: { ...now.status, used } };
    });
  }
}

function checkLimited(
  request: AdmissionRequest,
  quotas: readonly KubeObject[],
  claims: readonly Claim[],
  { limits = [], around }: ResourceQuotaOptions,
): void {
  const { object, oldObject, operation } = request;
  if (limits.length === 0 || object === undefined) return;
  const { group, resource } = request.resource;
  const now = new Date();
  const usage = usageOf(group, resource, object, now, around);
  const old = operation === 'UPDATE' ? oldObject : undefined;
  const before = old && usageOf(group, resource, old, now, around);
  const grows = [...usage].some(([name, { nano }]) => nano > (before?.get(name)?.nano ?? 0n));
  if (!grows && claims.every(({ amounts }) => amounts.size === 0)) return;
  const covered = new Set(claims.flatMap(({ names }) => names));
  checkCovered(request, object, { usage, limits, quotas, covered });
}

/** What the request takes from the quota; undefined when the quota is not about it. */
function claimOn(
  quota: KubeObject,
  request: AdmissionRequest,
  around: ClaimSurroundings | undefined,
): Claim | undefined {
  const { object, oldObject } = request;
  const { group, resource } = request.resource;
  const limited = namesCounting(group, resource, Object.keys(quota.status?.hard ?? {}));
  if (limited.length === 0 || object === undefined) return undefined;
  if (!inScope(quota, group, resource, object)) return undefined;
  if (group === '' && resource === 'pods') checkSpecified(request, object, quota, limited);
  const unknown = unknownUse(quota, limited);
  if (unknown !== undefined) throw refused(request, unknown);
  const now = new Date();
  const usage = usageOf(group, resource, object, now, around);
  const counted = oldObject !== undefined && inScope(quota, group, resource, oldObject);
  const before = counted ? usageOf(group, resource, oldObject, now, around) : undefined;
  const amounts = new Map<string, Quantity>();
  for (const name of limited) {
    const amount = usage.get(name);
    if (amount === undefined) continue;
    const was = before?.get(name);
    const more = was === undefined ? amount : subtractQuantities(amount, was);
    if (more.nano > 0n) amounts.set(name, more);
  }
  return { quota, names: limited, amounts };
}

function unknownUse(
  { metadata, status }: KubeObject,
  names: readonly string[],
): string | undefined {
  if (names.every((name) => status?.used?.[name] !== undefined)) return undefined;
  return `status unknown for quota: ${metadata.name}, resources: ${names.toSorted().join(',')}`;
}

/** The refusal's text, or undefined when there is room. */
function fault(quota: KubeObject, amounts: ReadonlyMap<string, Quantity>): string | undefined {
  const hard: Record<string, string> = quota.status?.hard ?? {};
  const used: Record<string, string> = quota.status?.used ?? {};
  const over = [...amounts]
    .filter(([name, amount]) => {
      const limit = hard[name];
      if (limit === undefined) return false;
      return compareQuantities(parseQuantity(sum(used[name], amount)), parseQuantity(limit)) > 0;
    })
    .map(([name]) => name)
    .toSorted();
  if (over.length === 0) return undefined;
  const shown = (valueOf: (name: string) => string) =>
    over.map((name) => `${name}=${valueOf(name)}`).join(',');
  const requested = shown((name) => formatQuantity(amounts.get(name) as Quantity));
  const [now, limits] = [shown((name) => used[name] ?? '0'), shown((name) => hard[name] ?? '0')];
  return `exceeded quota: ${quota.metadata.name}, requested: ${requested}, used: ${now}, limited: ${limits}`;
}

function sum(before: string | undefined, more: Quantity): string {
  return formatQuantity(before === undefined ? more : addQuantities(parseQuantity(before), more));
}

interface Container {
  name: string;
  resources?: Partial<Record<'requests' | 'limits', Record<string, string>>>;
}

/** Under these names every container must say what it wants, unless the pod does. */
const specified = /^(?:(requests|limits)\.)?(cpu|memory)$/;

function checkSpecified(
  request: AdmissionRequest,
  pod: KubeObject,
  quota: KubeObject,
  names: readonly string[],
): void {
  if (hasPodLevelResources(pod)) return;
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const missing: string[] = [];
  for (const name of names.toSorted()) {
    const [, kind = 'requests', unit] = specified.exec(name) ?? [];
    if (unit === undefined) continue;
    const who = ([...containers, ...initContainers] as Container[])
      .filter(({ resources }) => resources?.[kind as 'requests']?.[unit] === undefined)
      .map((container) => container.name);
    if (who.length === 0) continue;
    missing.push(`${name} for: ${[...new Set(who)].toSorted().join(',')}`);
  }
  if (missing.length === 0) return;
  const why = `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`;
  throw refused(request, why);
}
