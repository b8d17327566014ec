import type { KubeObject } from '../../../object/object.ts';
import { type LabelSelectorObject, labelSelectorFromObject } from '../../../object/selector.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { selected, type WebhookOptions } from '../webhook/dispatch.ts';
import { type MatchCriteria, type MatchRule, matchedVersion } from '../webhook/match.ts';

/** `matchConstraints` of a policy and `matchResources` of a binding (MatchResources). */
export interface PolicyCriteria extends MatchCriteria {
  excluded: readonly MatchRule[];
}

interface MatchResources {
  resourceRules?: MatchRule[];
  excludeResourceRules?: MatchRule[];
  matchPolicy?: 'Exact' | 'Equivalent';
  namespaceSelector?: LabelSelectorObject;
  objectSelector?: LabelSelectorObject;
}

/** No rules of a binding: whatever its policy has. */
const whatever: MatchRule = {
  operations: ['*'],
  apiGroups: ['*'],
  apiVersions: ['*'],
  resources: ['*/*'],
};

export function readCriteria(given: MatchResources): PolicyCriteria {
  const { resourceRules = [], excludeResourceRules = [] } = given;
  return {
    rules: resourceRules.length === 0 ? [whatever] : resourceRules,
    excluded: excludeResourceRules,
    matchPolicy: given.matchPolicy ?? 'Equivalent',
    namespaceSelector: labelSelectorFromObject(given.namespaceSelector ?? {}),
    objectSelector: labelSelectorFromObject(given.objectSelector ?? {}),
  };
}

export type MatchOptions = Pick<WebhookOptions, 'namespaces' | 'readNamespace' | 'versionsOf'>;

/** Whether the rules want the request, whatever the selectors say: without waiting. */
export function rulesMatch(
  criteria: PolicyCriteria,
  request: AdmissionRequest,
  { versionsOf }: MatchOptions,
): boolean {
  const { rules, excluded, matchPolicy } = criteria;
  const versions = versionsOf?.(request.resource) ?? [];
  if (matchedVersion({ rules, matchPolicy }, request, versions) === undefined) return false;
  return matchedVersion({ rules: excluded, matchPolicy }, request, versions) === undefined;
}

/** The apiVersion in which the request is wanted; undefined: it is not. */
export async function matchedBy(
  criteria: PolicyCriteria,
  request: AdmissionRequest,
  options: MatchOptions,
): Promise<string | undefined> {
  return rulesMatch(criteria, request, options) ? selected(criteria, request, options) : undefined;
}

const exempt = new Set(
  [
    // policies cannot lock themselves in
    ['validatingadmissionpolicies', 'admissionregistration.k8s.io'],
    ['validatingadmissionpolicybindings', 'admissionregistration.k8s.io'],
    ['mutatingadmissionpolicies', 'admissionregistration.k8s.io'],
    ['mutatingadmissionpolicybindings', 'admissionregistration.k8s.io'],
    // questions that are not stored: refusing them may break the cluster
    ['selfsubjectreviews', 'authentication.k8s.io'],
    ['tokenreviews', 'authentication.k8s.io'],
    ['localsubjectaccessreviews', 'authorization.k8s.io'],
    ['selfsubjectaccessreviews', 'authorization.k8s.io'],
    ['selfsubjectrulesreviews', 'authorization.k8s.io'],
    ['subjectaccessreviews', 'authorization.k8s.io'],
  ].map((parts) => parts.join('.')),
);

/** What no policy sees (pkg/kubeapiserver/admission/exclusion). */
export function isExemptFromPolicies({ resource }: AdmissionRequest): boolean {
  return exempt.has(`${resource.resource}.${resource.group}`);
}

/** By name: one order for everybody. */
export function byName(a: KubeObject, b: KubeObject): number {
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}
