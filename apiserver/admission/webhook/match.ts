import type { KubeObject } from '../../../object/object.ts';
import { type LabelSelector, matches } from '../../../object/selector.ts';
import type { AdmissionRequest } from '../plugin.ts';

/**
 * Does a webhook or a policy want this request? Pure, but for the namespace it may have to look up.
 * Source: k8s.io/apiserver admission/plugin/webhook/predicates, admission/plugin/policy/matching.
 */

export interface MatchRule {
  operations: string[];
  apiGroups: string[];
  apiVersions: string[];
  resources: string[];
  scope?: string;
  /** Of policies: the objects' names; empty or absent: all. */
  resourceNames?: string[];
}

export interface MatchCriteria {
  rules: readonly MatchRule[];
  matchPolicy: 'Exact' | 'Equivalent';
  namespaceSelector: LabelSelector;
  objectSelector: LabelSelector;
}

const exempt = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]);

/** Webhooks cannot lock themselves in: their own configuration never passes through one. */
export function isExempt({ resource }: AdmissionRequest): boolean {
  return resource.group === 'admissionregistration.k8s.io' && exempt.has(resource.resource);
}

/**
 * The apiVersion that a rule matches, the request's own first. Undefined: none.
 * `versions`: what else the resource is served as, in its own group or another.
 */
export function matchedVersion(
  { rules, matchPolicy }: Pick<MatchCriteria, 'rules' | 'matchPolicy'>,
  request: AdmissionRequest,
  versions: readonly string[],
): string | undefined {
  const own = request.resource.apiVersion;
  if (rules.some((rule) => ruleMatches(rule, request, own))) return own;
  if (matchPolicy !== 'Equivalent') return undefined;
  return versions.find(
    (version) => version !== own && rules.some((rule) => ruleMatches(rule, request, version)),
  );
}

function ruleMatches(rule: MatchRule, request: AdmissionRequest, apiVersion: string): boolean {
  const { resource, subresource } = request;
  const slash = apiVersion.indexOf('/');
  return (
    holds(rule.operations, request.operation) &&
    holds(rule.apiGroups, slash < 0 ? '' : apiVersion.slice(0, slash)) &&
    holds(rule.apiVersions, apiVersion.slice(slash + 1)) &&
    scopeMatches(rule.scope ?? '*', request) &&
    rule.resources.some((one) => resourceMatches(one, resource.resource, subresource)) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(request.name))
  );
}

function holds(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function isNamespace({ resource }: AdmissionRequest): boolean {
  return resource.group === '' && resource.resource === 'namespaces';
}

function scopeMatches(scope: string, request: AdmissionRequest): boolean {
  if (scope === '*') return true;
  const clusterWide = request.namespace === '' || isNamespace(request);
  return scope === 'Cluster' ? clusterWide : !clusterWide;
}

/** `pods`, `pods/log`, `pods/*`, `*`, `* /status` (without the space), `* /*`. */
function resourceMatches(rule: string, resource: string, subresource: string): boolean {
  const cut = rule.indexOf('/');
  const wanted = cut < 0 ? rule : rule.slice(0, cut);
  const wantedSub = cut < 0 ? '' : rule.slice(cut + 1);
  return (
    (wanted === '*' || wanted === resource) && (wantedSub === '*' || wantedSub === subresource)
  );
}

/** Either state of the object may carry the labels; what has none of its own always matches an empty selector. */
export function objectSelected(
  { objectSelector }: MatchCriteria,
  request: AdmissionRequest,
): boolean {
  if (objectSelector.requirements.length === 0 && !objectSelector.nothing) return true;
  const selected = (object: KubeObject | undefined) =>
    object?.metadata !== undefined && matches(objectSelector, object.metadata.labels);
  return selected(request.object) || selected(request.oldObject);
}

/** Cluster-wide objects are not in a namespace, so every selector has them. */
export function namespaceSelected(
  { namespaceSelector }: MatchCriteria,
  request: AdmissionRequest,
  labelsOf: (namespace: string) => Promise<Record<string, string>>,
): boolean | Promise<boolean> {
  if (namespaceSelector.requirements.length === 0 && !namespaceSelector.nothing) return true;
  if (isNamespace(request)) {
    const object = request.operation === 'DELETE' ? undefined : request.object;
    if (object !== undefined) return matches(namespaceSelector, object.metadata.labels);
    const labels = request.oldObject?.metadata.labels;
    if (request.oldObject !== undefined) return matches(namespaceSelector, labels);
    return labelsOf(request.name).then((found) => matches(namespaceSelector, found));
  }
  if (request.namespace === '') return true;
  return labelsOf(request.namespace).then((labels) => matches(namespaceSelector, labels));
}
