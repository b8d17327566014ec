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
  level: Level;
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
const fields = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'rules',
  'omitStages',
  'omitManagedFields',
]);

/** Of a parsed policy file. Throws with everything that is wrong. */
export function readPolicy(content: unknown): Policy {
  const policy = content as (Policy & { apiVersion?: string; kind?: string }) | null;
  if (policy?.apiVersion !== 'audit.k8s.io/v1' || policy.kind !== 'Policy') {
    throw new Error(
      `unknown audit policy ${policy?.apiVersion ?? ''} ${policy?.kind ?? ''}: expected audit.k8s.io/v1 Policy`,
    );
  }
  const faults = Object.keys(policy)
    .filter((field) => !fields.has(field))
    .map((field) => `unknown field ${JSON.stringify(field)}`);
  if (!Array.isArray(policy.rules) || policy.rules.length === 0) {
    faults.push('rules: Required value: a policy needs at least one rule');
  }
  faults.push(...stageFaults('omitStages', policy.omitStages));
  for (const [i, rule] of (policy.rules ?? []).entries()) faults.push(...ruleFaults(i, rule));
  if (faults.length > 0) throw new Error(`invalid audit policy: ${faults.join('; ')}`);
  return policy;
}

function ruleFaults(index: number, rule: Rule): string[] {
  const at = `rules[${index}]`;
  const faults = stageFaults(`${at}.omitStages`, rule.omitStages);
  if (!levels.includes(rule.level)) {
    const supported = levels.map((level) => JSON.stringify(level)).join(', ');
    faults.push(
      `${at}.level: Unsupported value: ${JSON.stringify(rule.level)}: supported values: ${supported}`,
    );
  }
  const byResource = (rule.resources?.length ?? 0) > 0 || (rule.namespaces?.length ?? 0) > 0;
  if (byResource && (rule.nonResourceURLs?.length ?? 0) > 0) {
    faults.push(
      `${at}.nonResourceURLs: rules cannot apply to both regular resources and non-resource URLs`,
    );
  }
  for (const url of rule.nonResourceURLs ?? []) {
    const ok = url === '*' || (url.startsWith('/') && !url.slice(0, -1).includes('*'));
    if (!ok) {
      faults.push(
        `${at}.nonResourceURLs: ${JSON.stringify(url)} must start with / and may hold * only at its end`,
      );
    }
  }
  return faults;
}

function stageFaults(at: string, list: readonly string[] | undefined): string[] {
  return (list ?? [])
    .filter((stage) => !stages.includes(stage))
    .map((stage) => `${at}: invalid stage ${JSON.stringify(stage)}`);
}

const nothing: Verdict = { level: 'None', omitStages: [], omitManagedFields: false };

/** The first rule that matches decides; none means None. */
export function judge(policy: Policy, user: UserInfo, info: RequestInfo): Verdict {
  const rule = policy.rules.find((one) => ruleMatches(one, user, info));
  if (rule === undefined || rule.level === 'None') return nothing;
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
    if ((one.group ?? '') !== info.group) return false;
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
