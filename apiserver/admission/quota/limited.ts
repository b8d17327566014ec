import type { KubeObject } from '../../../object/object.ts';
import type { Amounts } from '../../../object/pod-resources.ts';
import { requirementsOf, scopeHolds, type ScopeRequirement } from '../../../object/quota-scope.ts';
import { StatusError } from '../../../object/status-error.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';

/**
 * What nobody uses without a quota that covers it
 * (k8s.io/apiserver admission/plugin/resourcequota, LimitedResources).
 */
export interface LimitedResource {
  apiGroup: string;
  resource: string;
  /** Parts of the names under which usage is counted. */
  matchContains: string[];
  matchScopes: ScopeRequirement[];
}

/** `covered`: the names that quotas about the request limit. */
export function checkCovered(
  request: AdmissionRequest,
  object: KubeObject,
  parts: {
    usage: Amounts;
    limits: readonly LimitedResource[];
    quotas: readonly KubeObject[];
    covered: ReadonlySet<string>;
  },
): void {
  const { group, resource } = request.resource;
  const names = namesLimited(group, resource, parts.usage, parts.limits);
  const uncovered = [...names].filter((name) => !parts.covered.has(name)).toSorted();
  if (uncovered.length > 0) {
    throw refused(request, `insufficient quota to consume: ${uncovered.join(',')}`);
  }
  const holding = (one: ScopeRequirement) => scopeHolds(one, group, resource, object);
  const scopes = new Set(
    parts.quotas
      .flatMap(requirementsOf)
      .filter(holding)
      .map(({ scopeName }) => scopeName),
  );
  const open = parts.limits
    .flatMap(({ matchScopes }) => matchScopes)
    .filter((one) => holding(one) && !scopes.has(one.scopeName));
  if (open.length === 0) return;
  // upstream gives this no status of its own
  const text = `insufficient quota to match these scopes: [${open.map(shown).join(' ')}]`;
  throw new StatusError(500, '', text);
}

function namesLimited(
  group: string,
  resource: string,
  usage: Amounts,
  limits: readonly LimitedResource[],
): Set<string> {
  const own = limits.filter((limit) => limit.apiGroup === group && limit.resource === resource);
  if (own.length === 0) return new Set();
  const parts = own.flatMap(({ matchContains }) => matchContains);
  const used = [...usage].filter(([, { nano }]) => nano > 0n);
  const names = used.map(([name]) => name);
  return new Set(names.filter((name) => parts.some((part) => name.includes(part))));
}

function shown({ scopeName, operator, values = [] }: ScopeRequirement): string {
  return `{${scopeName} ${operator} [${values.join(' ')}]}`;
}
