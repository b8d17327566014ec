import type { UserInfo } from '../context.ts';
import type { Lister } from '../watch/view.ts';
import type { Attributes, Authorizer, Decision, RuleResolver } from './authorizer.ts';
import { type PolicyRule, ruleAllows } from './policy-rule.ts';
import { RbacIndex, type BindingEntry } from './rbac-index.ts';

/**
 * Role-based access control (plugin/pkg/auth/authorizer/rbac). Rules are only ever added up, so the
 * order of bindings decides nothing but the reason given.
 *
 * A user's rules per namespace are collected once and kept until any RBAC object changes; then a
 * decision is a walk over them, remembered by what was asked.
 */

export interface RbacListers {
  clusterRoles: Lister;
  clusterRoleBindings: Lister;
  roles: Lister;
  roleBindings: Lister;
}

export interface Rbac extends Authorizer, RuleResolver {
  /** The rules themselves, for escalation checks; `errors` name roles that are missing. */
  policyRules(user: UserInfo, namespace: string): { rules: PolicyRule[]; errors: string[] };
  /** The rules of a Role or ClusterRole; undefined when there is none. */
  roleRules(ref: { kind: string; name: string }, namespace: string): PolicyRule[] | undefined;
}

interface SourcedRule {
  rule: PolicyRule;
  source: BindingEntry;
}

/** All that applies to one user in one namespace, with the answers already given. */
interface UserRules {
  rules: SourcedRule[];
  errors: string[];
  /** Some rule depends on the object's name, so an answer does too. */
  named: boolean;
  decisions: Map<string, Decision>;
}

interface UserEntry {
  epoch: number;
  byNamespace: Map<string, UserRules>;
}

const namespacesPerUserMax = 256;
const decisionsPerNamespaceMax = 512;

export function makeRbac(listers: RbacListers): Rbac {
  const index = new RbacIndex(listers);
  // Users are identified by object: authenticators hand out one object per credential.
  const users = new WeakMap<UserInfo, UserEntry>();

  function rulesOf(user: UserInfo, namespace: string): UserRules {
    let entry = users.get(user);
    if (entry === undefined || entry.epoch !== index.epoch) {
      entry = { epoch: index.epoch, byNamespace: new Map() };
      users.set(user, entry);
    }
    let found = entry.byNamespace.get(namespace);
    if (found === undefined) {
      if (entry.byNamespace.size >= namespacesPerUserMax) entry.byNamespace.clear();
      found = collect(index, user, namespace);
      entry.byNamespace.set(namespace, found);
    }
    return found;
  }

  return {
    name: 'RBAC',
    authorize(asked: Attributes): Decision {
      const own = rulesOf(asked.user, asked.namespace);
      const key = questionKey(asked, own.named);
      let decision = own.decisions.get(key);
      if (decision === undefined) {
        decision = decide(own, asked);
        if (own.decisions.size >= decisionsPerNamespaceMax) own.decisions.clear();
        own.decisions.set(key, decision);
      }
      return decision;
    },
    policyRules(user, namespace) {
      const { rules, errors } = rulesOf(user, namespace);
      return { rules: rules.map(({ rule }) => rule), errors };
    },
    roleRules: (ref, namespace) => index.roleRules(ref, namespace),
    async rulesFor(user, namespace) {
      const { rules, errors } = rulesOf(user, namespace);
      return { ...reviewRules(rules), ...evaluation(errors) };
    },
  };
}

function questionKey(asked: Attributes, named: boolean): string {
  if (!asked.resourceRequest) return `${asked.verb} ${asked.path}`;
  const base = `${asked.verb}|${asked.group}|${asked.resource}|${asked.subresource}`;
  return named ? `${base}|${asked.name}` : base;
}

function decide(own: UserRules, asked: Attributes): Decision {
  for (const { rule, source } of own.rules) {
    if (ruleAllows(rule, asked)) {
      return { verdict: 'allow', reason: `RBAC: allowed by ${source.describe()}` };
    }
  }
  const reason = own.errors.length === 0 ? '' : `RBAC: ${aggregated(own.errors)}`;
  return { verdict: 'no-opinion', reason };
}

/** One error as it is, several in brackets (apimachinery util/errors Aggregate). */
function aggregated(errors: readonly string[]): string {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}

function collect(index: RbacIndex, user: UserInfo, namespace: string): UserRules {
  const own: UserRules = { rules: [], errors: [], named: false, decisions: new Map() };
  for (const source of index.bindingsOf(user, namespace)) {
    const rules = index.roleRules(source.roleRef, source.namespace);
    if (rules === undefined) {
      own.errors.push(missingRole(source.roleRef));
      continue;
    }
    for (const rule of rules) {
      own.rules.push({ rule, source });
      if ((rule.resourceNames?.length ?? 0) > 0) own.named = true;
    }
  }
  return own;
}

function missingRole({ kind, name }: { kind: string; name: string }): string {
  if (kind !== 'Role' && kind !== 'ClusterRole') {
    return `unsupported role reference kind: ${JSON.stringify(kind)}`;
  }
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;
}

function reviewRules(rules: readonly SourcedRule[]) {
  const resourceRules = [];
  const nonResourceRules = [];
  for (const { rule } of rules) {
    const verbs = rule.verbs ?? [];
    if ((rule.resources?.length ?? 0) > 0) {
      resourceRules.push({
        verbs,
        apiGroups: rule.apiGroups ?? [],
        resources: rule.resources ?? [],
        ...(rule.resourceNames === undefined ? {} : { resourceNames: rule.resourceNames }),
      });
    }
    if ((rule.nonResourceURLs?.length ?? 0) > 0) {
      nonResourceRules.push({ verbs, nonResourceURLs: rule.nonResourceURLs ?? [] });
    }
  }
  return { resourceRules, nonResourceRules };
}

function evaluation(errors: readonly string[]) {
  if (errors.length === 0) return { incomplete: false };
  return { incomplete: true, evaluationError: aggregated(errors) };
}
