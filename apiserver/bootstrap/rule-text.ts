import type { PolicyRule } from '../authz/policy-rule.ts';

/**
 * One policy rule as one line, so that upstream's policy reads like a table:
 *
 *   `get,list core,apps pods,deployments [names]`   resources ("core" is the empty group)
 *   `get /healthz,/version/`                        non-resource URLs
 */

/** Rules by role name. */
export type RoleTable = Readonly<Record<string, readonly string[]>>;

export function parseRule(text: string): PolicyRule {
  const [verbs = '', first = '', resources, names] = text.split(' ');
  if (resources === undefined) {
    return { verbs: verbs.split(','), nonResourceURLs: first.split(',') };
  }
  return {
    verbs: verbs.split(','),
    apiGroups: first.split(',').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(','),
    ...(names === undefined ? {} : { resourceNames: names.split(',') }),
  };
}
