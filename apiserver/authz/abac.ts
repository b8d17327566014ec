import type { UserInfo } from '../context.ts';
import type { Attributes, Authorizer, RuleResolver } from './authorizer.ts';

/**
 * `--authorization-mode=ABAC`: policies from a file, one JSON object a line; any that fits allows.
 * Source: pkg/auth/authorizer/abac, pkg/apis/abac/v1beta1.
 */
export interface AbacPolicy {
  user: string;
  group: string;
  readonly: boolean;
  apiGroup: string;
  resource: string;
  namespace: string;
  nonResourcePath: string;
}

const header = { apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy' };
const readVerbs: readonly string[] = ['get', 'list', 'watch'];
const allAuthenticated = 'system:authenticated';

/** Throws with the line that is none. Empty lines and lines that start with # are skipped. */
export function parseAbacPolicies(text: string): AbacPolicy[] {
  return text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    try {
      return [policyOf(JSON.parse(trimmed) as Record<string, unknown>)];
    } catch (error) {
      throw new Error(
        `error reading policy file line ${index + 1}: ${trimmed}: ${(error as Error).message}`,
        { cause: error },
      );
    }
  });
}

function policyOf(given: Record<string, unknown>): AbacPolicy {
  if (given['apiVersion'] === undefined || given['kind'] === undefined) return unversioned(given);
  if (given['apiVersion'] !== header.apiVersion || given['kind'] !== header.kind) {
    throw new Error(`expected ${header.apiVersion} ${header.kind}`);
  }
  return fields((given['spec'] ?? {}) as Record<string, unknown>);
}

/** Lines of before there were versions: what they leave out, they leave open. */
function unversioned(given: Record<string, unknown>): AbacPolicy {
  const policy = fields(given);
  if (policy.user === '' && policy.group === '') policy.group = allAuthenticated;
  policy.nonResourcePath = policy.namespace === '' && policy.resource === '' ? '*' : '';
  policy.namespace ||= '*';
  policy.resource ||= '*';
  policy.apiGroup = '*';
  return policy;
}

function fields(given: Record<string, unknown>): AbacPolicy {
  const text = (name: string): string => {
    const value = given[name] ?? '';
    if (typeof value !== 'string') throw new Error(`${name} is no string`);
    return value;
  };
  return {
    user: text('user'),
    group: text('group'),
    readonly: given['readonly'] === true,
    apiGroup: text('apiGroup'),
    resource: text('resource'),
    namespace: text('namespace'),
    nonResourcePath: text('nonResourcePath'),
  };
}

export function makeAbac(policies: readonly AbacPolicy[]): Authorizer & RuleResolver {
  return {
    name: 'ABAC',
    authorize(asked) {
      return policies.some((policy) => allows(policy, asked))
        ? { verdict: 'allow', reason: '' }
        : { verdict: 'no-opinion', reason: 'No policy matched.' };
    },
    async rulesFor(user, namespace) {
      const fitting = policies.filter(
        (policy) => isSubject(policy, user) && fits(policy.namespace, namespace),
      );
      const verbsOf = ({ readonly }: AbacPolicy) => (readonly ? [...readVerbs] : ['*']);
      return {
        resourceRules: fitting
          .filter(({ resource }) => resource !== '')
          .map((policy) => ({
            verbs: verbsOf(policy),
            apiGroups: [policy.apiGroup],
            resources: [policy.resource],
          })),
        nonResourceRules: fitting
          .filter(({ nonResourcePath }) => nonResourcePath !== '')
          .map((policy) => ({
            verbs: verbsOf(policy),
            nonResourceURLs: [policy.nonResourcePath],
          })),
        incomplete: false,
      };
    },
  };
}

function allows(policy: AbacPolicy, asked: Attributes): boolean {
  if (!isSubject(policy, asked.user)) return false;
  if (policy.readonly && !readVerbs.includes(asked.verb)) return false;
  if (!asked.resourceRequest) return fitsPath(policy.nonResourcePath, asked.path);
  return (
    fits(policy.namespace, asked.namespace) &&
    fits(policy.resource, asked.resource) &&
    fits(policy.apiGroup, asked.group)
  );
}

/** Both where both are given; nobody where neither is. */
function isSubject({ user, group }: AbacPolicy, who: UserInfo): boolean {
  if (user === '' && group === '') return false;
  const isUser = user === '' || (user === '*' ? isKnown(who) : user === who.name);
  const isMember = group === '' || (group === '*' ? isKnown(who) : who.groups.includes(group));
  return isUser && isMember;
}

/** `*` stands for everybody who is authenticated. */
function isKnown(who: UserInfo): boolean {
  return who.groups.includes(allAuthenticated);
}

function fits(pattern: string, value: string): boolean {
  return pattern === '*' || pattern === value;
}

function fitsPath(pattern: string, path: string): boolean {
  if (fits(pattern, path)) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, ''));
}
