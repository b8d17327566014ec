import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../object/object.ts';
import { forbidden, notFound } from '../../object/status-error.ts';
import type { UserInfo } from '../context.ts';
import type { Authorize } from './authorize.ts';
import type { PolicyRule } from './policy-rule.ts';
import type { Rbac } from './rbac.ts';
import { missingRights } from './rule-coverage.ts';

/**
 * Nobody grants what they do not hold: writing a role needs its permissions or `escalate`, writing a
 * binding needs the role's permissions or `bind`. Source: pkg/registry/rbac policybased storages.
 *
 * Runs after mutating admission, before validation, on create, update, patch and apply.
 */
export interface EscalationRequest {
  user: UserInfo;
  /** Of group rbac.authorization.k8s.io; other resources pass. */
  resource: string;
  namespace: string;
  object: KubeObject;
  /** Undefined on create. */
  oldObject: KubeObject | undefined;
}

const group = 'rbac.authorization.k8s.io';
const everything: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export function makeEscalationCheck(options: {
  authorize: Authorize;
  rbac: Rbac;
}): (request: EscalationRequest) => Promise<void> | void {
  return (request) => {
    if (request.user.groups.includes('system:masters')) return undefined;
    switch (request.resource) {
      case 'roles':
      case 'clusterroles':
        return checkRole(request, options);
      case 'rolebindings':
      case 'clusterrolebindings':
        return checkBinding(request, options);
      default:
        return undefined;
    }
  };
}

interface Deps {
  authorize: Authorize;
  rbac: Rbac;
}

async function checkRole(request: EscalationRequest, { authorize, rbac }: Deps): Promise<void> {
  const { object, oldObject, resource, namespace, user } = request;
  if (oldObject !== undefined && onlyCollectorFieldsChanged(object, oldObject)) return;
  const name = object.metadata.name ?? '';
  // A new object has no name to ask about: `escalate` on one name is for changing that one.
  const known = oldObject === undefined ? '' : name;
  const question = { user, verb: 'escalate', resource, namespace, name: known };
  if (await allows(authorize, question)) return;
  const held = rbac.policyRules(user, namespace);
  const refuse = (why: string) => forbidden({ group, resource }, name, why);
  const missing = escalation(user, held, object.rules ?? []);
  if (missing !== undefined) throw refuse(missing);
  // An aggregated role can come to hold anything.
  if (object.aggregationRule !== undefined && object.aggregationRule !== null) {
    if (escalation(user, held, everything) !== undefined) {
      throw refuse('must have cluster-admin privileges to use the aggregationRule');
    }
  }
}

async function checkBinding(request: EscalationRequest, { authorize, rbac }: Deps): Promise<void> {
  const { object, oldObject, resource, namespace, user } = request;
  if (oldObject !== undefined && onlyCollectorFieldsChanged(object, oldObject)) return;
  const ref = object.roleRef as { kind: string; name: string };
  const target = ref.kind === 'Role' ? 'roles' : 'clusterroles';
  const question = { user, verb: 'bind', resource: target, namespace, name: ref.name };
  if (await allows(authorize, question)) return;
  const rules = rbac.roleRules(ref, namespace);
  if (rules === undefined) throw notFound({ group, resource: target }, ref.name);
  const missing = escalation(user, rbac.policyRules(user, namespace), rules);
  if (missing !== undefined) {
    throw forbidden({ group, resource }, object.metadata.name ?? '', missing);
  }
}

async function allows(
  authorize: Authorize,
  asked: { user: UserInfo; verb: string; resource: string; namespace: string; name: string },
): Promise<boolean> {
  const decision = await authorize({
    ...asked,
    resourceRequest: true,
    group,
    version: '',
    subresource: '',
    path: '',
  });
  return decision.verdict === 'allow';
}

/** Owner references and finalizers are the garbage collector's to change. */
function onlyCollectorFieldsChanged(next: KubeObject, old: KubeObject): boolean {
  const bare = (object: KubeObject) => ({
    ...object,
    metadata: {
      ...object.metadata,
      ownerReferences: undefined,
      finalizers: undefined,
      managedFields: undefined,
    },
  });
  return isDeepStrictEqual(bare(next), bare(old));
}

/** The refusal's text, or undefined when everything wanted is held. */
function escalation(
  user: UserInfo,
  held: { rules: PolicyRule[]; errors: string[] },
  wanted: readonly PolicyRule[],
): string | undefined {
  const missing = missingRights(held.rules, wanted);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compact(missing).map(shown))].toSorted();
  const groups = `[${user.groups.map((name) => JSON.stringify(name)).join(' ')}]`;
  const text = `user ${JSON.stringify(user.name)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`;
  return held.errors.length === 0
    ? text
    : `${text}; resolution errors: [${held.errors.join(', ')}]`;
}

/** Rules on one resource that differ by verb become one. */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    if (rule.resourceNames !== undefined || rule.nonResourceURLs !== undefined) {
      others.push(rule);
      continue;
    }
    const key = `${rule.apiGroups?.[0]}/${rule.resources?.[0]}`;
    const known = simple.get(key);
    if (known === undefined) simple.set(key, { ...rule, verbs: [...(rule.verbs ?? [])] });
    else known.verbs?.push(...(rule.verbs ?? []));
  }
  return [...others, ...simple.values()];
}

function shown(rule: PolicyRule): string {
  const part = (title: string, values: readonly string[] | undefined | null) =>
    values == null || values.length === 0
      ? []
      : [`${title}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`];
  const parts = [
    ...part('APIGroups', rule.apiGroups),
    ...part('Resources', rule.resources),
    ...part('NonResourceURLs', rule.nonResourceURLs),
    ...part('ResourceNames', rule.resourceNames),
    ...part('Verbs', rule.verbs),
  ];
  return `{${parts.join(', ')}}`;
}
