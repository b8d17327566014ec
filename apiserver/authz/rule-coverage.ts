import type { PolicyRule } from './policy-rule.ts';

/**
 * Whether one set of rules grants everything another does.
 * Source: k8s.io/component-helpers auth/rbac/validation.
 */

/** The parts of `wanted` that `owned` does not grant; empty when all are. */
export function missingRights(
  owned: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): PolicyRule[] {
  const missing: PolicyRule[] = [];
  for (const rule of wanted) {
    for (const part of breakDown(rule)) {
      if (!owned.some((own) => ruleCovers(own, part))) missing.push(part);
    }
  }
  return missing;
}

/** One rule per group, resource, verb and name: each can be answered by a single owned rule. */
function breakDown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const apiGroup of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs ?? []) {
        const part = { apiGroups: [apiGroup], resources: [resource], verbs: [verb] };
        const names = rule.resourceNames ?? [];
        if (names.length === 0) parts.push(part);
        for (const name of names) parts.push({ ...part, resourceNames: [name] });
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs ?? []) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  }
  return parts;
}

function ruleCovers(owner: PolicyRule, part: PolicyRule): boolean {
  if (!covers(owner.verbs, part.verbs)) return false;
  if (part.nonResourceURLs !== undefined) {
    return part.nonResourceURLs.every((url) =>
      (owner.nonResourceURLs ?? []).some((own) => urlCovers(own, url)),
    );
  }
  const names = owner.resourceNames ?? [];
  return (
    covers(owner.apiGroups, part.apiGroups) &&
    (part.resources ?? []).every((r) => resourceCovers(owner.resources, r)) &&
    (names.length === 0 ||
      ((part.resourceNames ?? []).length > 0 &&
        (part.resourceNames ?? []).every((name) => names.includes(name))))
  );
}

function covers(owned: readonly string[] | undefined, wanted: readonly string[] = []): boolean {
  return owned?.includes('*') === true || wanted.every((one) => owned?.includes(one) === true);
}

/** `*` is everything, `* /status` (without the space) is one subresource of everything. */
function resourceCovers(owned: readonly string[] | undefined, wanted: string): boolean {
  if (owned === undefined) return false;
  if (owned.includes('*') || owned.includes(wanted)) return true;
  const cut = wanted.indexOf('/');
  return cut >= 0 && owned.includes(`*${wanted.slice(cut)}`);
}

function urlCovers(owned: string, wanted: string): boolean {
  if (owned === '*' || owned === wanted) return true;
  return owned.endsWith('*') && wanted.startsWith(owned.slice(0, -1));
}
