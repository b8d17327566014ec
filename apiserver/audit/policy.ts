import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../object/name.ts';
import { fieldErrorsText, type StatusCause } from '../../object/status-error.ts';
import { type Shape, unknownFields } from '../configuration-shape.ts';
import type { RequestInfo, UserInfo } from '../context.ts';

/**
 * Which requests are written down, and how much of them (`--audit-policy-file`). Pure.
 * Source: k8s.io/apiserver pkg/audit/policy, apis/audit/validation.
 */
export type Level = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type AuditStageName = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

export interface Policy {
  rules: readonly Rule[];
  omitStages?: readonly AuditStageName[];
  omitManagedFields?: boolean;
}

interface Rule {
  /** Always there in a policy that was read. */
  level?: Level;
  users?: string[];
  userGroups?: string[];
  verbs?: string[];
  resources?: { group?: string; resources?: string[]; resourceNames?: string[] }[];
  namespaces?: string[];
  nonResourceURLs?: string[];
  omitStages?: AuditStageName[];
  omitManagedFields?: boolean;
}

export interface Verdict {
  level: Level;
  omitStages: readonly AuditStageName[];
  omitManagedFields: boolean;
}

const levels: readonly string[] = ['None', 'Metadata', 'Request', 'RequestResponse'];
const stages: readonly string[] = [
  'RequestReceived',
  'ResponseStarted',
  'ResponseComplete',
  'Panic',
];
const shape: Shape = {
  apiVersion: true,
  kind: true,
  metadata: true,
  rules: [
    {
      level: true,
      users: true,
      userGroups: true,
      verbs: true,
      resources: [{ group: true, resources: true, resourceNames: true }],
      namespaces: true,
      nonResourceURLs: true,
      omitStages: true,
      omitManagedFields: true,
    },
  ],
  omitStages: true,
  omitManagedFields: true,
};

/**
 * Of a parsed policy file. Throws with everything that is wrong; unknown fields are told and ignored, as
 * upstream falls back to lenient decoding.
 */
export function readPolicy(content: unknown, onUnknown: (fields: string[]) => void): Policy {
  const policy = content as (Policy & { apiVersion?: string; kind?: string }) | null;
  if (policy?.apiVersion !== 'audit.k8s.io/v1' || policy.kind !== 'Policy') {
    throw new Error(
      `unknown audit policy ${policy?.apiVersion ?? ''} ${policy?.kind ?? ''}: expected audit.k8s.io/v1 Policy`,
    );
  }
  const unknown = unknownFields(policy, shape);
  if (unknown.length > 0) onUnknown(unknown);
  const rules = policy.rules ?? [];
  const faults = [
    ...stageFaults('omitStages', policy.omitStages),
    ...rules.flatMap((rule, i) => ruleFaults(rule, `rules[${i}]`)),
  ];
  if (faults.length > 0) throw new Error(fieldErrorsText(faults));
  if (rules.length === 0) throw new Error('loaded illegal policy with 0 rules');
  return policy;
}

function ruleFaults(rule: Rule, at: string): StatusCause[] {
  const { nonResourceURLs: urls = [], resources = [], namespaces = [] } = rule;
  const level: string = rule.level ?? '';
  const faults: StatusCause[] = [];
  if (level === '') faults.push(fieldRequired(`${at}.level`));
  else if (!levels.includes(level)) faults.push(fieldNotSupported(`${at}.level`, level, levels));
  for (const [i, url] of urls.entries()) {
    const place = `${at}.nonResourceURLs[${i}]`;
    if (url === '*') continue;
    if (!url.startsWith('/')) {
      const text = "non-resource URL rules must begin with a '/' character";
      faults.push(fieldInvalid(place, url, text));
    }
    if (url.slice(0, -1).includes('*')) {
      const text = "non-resource URL wildcards '*' must be the final character of the rule";
      faults.push(fieldInvalid(place, url, text));
    }
  }
  faults.push(...resources.flatMap((one) => resourceFaults(one, `${at}.resources`)));
  faults.push(...stageFaults(`${at}.omitStages`, rule.omitStages));
  if (urls.length > 0 && resources.length + namespaces.length > 0) {
    const text = 'rules cannot apply to both regular resources and non-resource URLs';
    faults.push(fieldInvalid(`${at}.nonResourceURLs`, urls, text));
  }
  return faults;
}

function resourceFaults(
  { group = '', resources = [], resourceNames = [] }: NonNullable<Rule['resources']>[number],
  at: string,
): StatusCause[] {
  const faults: StatusCause[] = [];
  const problems = group === '' || group === '*' ? [] : dns1123SubdomainErrors(group);
  if (problems.length > 0) faults.push(fieldInvalid(`${at}.group`, group, problems.join(',')));
  if (resourceNames.length > 0 && resources.length === 0) {
    const text = 'using resourceNames requires at least one resource';
    faults.push(fieldInvalid(`${at}.resourceNames`, resourceNames, text));
  }
  return faults;
}

function stageFaults(at: string, list: readonly string[] = []): StatusCause[] {
  const text = `allowed stages are ${stages.join(',')}`;
  return list.flatMap((stage, i) =>
    stages.includes(stage) ? [] : [fieldInvalid(`${at}[${i}]`, stage, text)],
  );
}

const nothing: Verdict = { level: 'None', omitStages: [], omitManagedFields: false };

/** The first rule that matches decides; none means None. */
export function judge(policy: Policy, user: UserInfo, info: RequestInfo): Verdict {
  const rule = policy.rules.find((one) => ruleMatches(one, user, info));
  if (rule?.level === undefined || rule.level === 'None') return nothing;
  return {
    level: rule.level,
    omitStages: [...(policy.omitStages ?? []), ...(rule.omitStages ?? [])],
    omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

function given(list: readonly string[] | undefined): list is readonly string[] {
  return list !== undefined && list.length > 0;
}

function ruleMatches(rule: Rule, user: UserInfo, info: RequestInfo): boolean {
  if (given(rule.users) && !rule.users.includes(user.name)) return false;
  if (given(rule.userGroups) && !rule.userGroups.some((g) => user.groups.includes(g))) return false;
  if (given(rule.verbs) && !rule.verbs.includes(info.verb)) return false;
  if (given(rule.namespaces) || (rule.resources?.length ?? 0) > 0) {
    return info.isResourceRequest && matchesResource(rule, info);
  }
  if (given(rule.nonResourceURLs)) {
    return (
      !info.isResourceRequest && rule.nonResourceURLs.some((url) => urlMatches(url, info.path))
    );
  }
  return true;
}

function matchesResource(rule: Rule, info: RequestInfo): boolean {
  if (given(rule.namespaces) && !rule.namespaces.includes(info.namespace)) return false;
  if (rule.resources === undefined || rule.resources.length === 0) return true;
  const { resource, subresource, name } = info;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return rule.resources.some((one) => {
    if (one.group !== '*' && (one.group ?? '') !== info.group) return false;
    if (!given(one.resources)) return true;
    if (given(one.resourceNames) && !one.resourceNames.includes(name)) return false;
    return one.resources.some(
      (wanted) =>
        wanted === combined ||
        wanted === '*' ||
        (subresource !== '' && wanted === `*/${subresource}`) ||
        wanted === `${resource}/*`,
    );
  });
}

function urlMatches(url: string, path: string): boolean {
  return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));
}
