import { deepEqual } from '../object/equal.ts';
import type { KubeObject } from '../object/object.ts';
import { labelSelectorFromObject, type LabelSelectorObject, matches } from '../object/selector.ts';
import type { Controller } from '../reconciler/manager.ts';
import { done, type Result } from '../reconciler/result.ts';
import { type ControllerContext, createLoop } from './context.ts';
import { clusterRoles } from './resources.ts';

/** The rules of an aggregated role: those of all roles it selects, by name, each once. Pure. */
export function aggregate(role: KubeObject, all: Iterable<KubeObject>): unknown[] {
  const selectors = (
    (role.aggregationRule?.clusterRoleSelectors ?? []) as LabelSelectorObject[]
  ).map(labelSelectorFromObject);
  const sources = [...all]
    .filter((other) => other.metadata.name !== role.metadata.name)
    .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const rules: unknown[] = [];
  const seen = new Set<string>();
  for (const selector of selectors) {
    for (const source of sources) {
      if (!matches(selector, source.metadata.labels)) continue;
      for (const rule of source.rules ?? []) {
        const text = JSON.stringify(rule);
        if (seen.has(text)) continue;
        seen.add(text);
        rules.push(rule);
      }
    }
  }
  return rules;
}

const fieldManager = 'clusterrole-aggregation-controller';

/**
 * Fills ClusterRoles with an aggregationRule (admin, edit, view and those of users). It applies the
 * rules, so that it is their manager, and whoever applies the rest of the role sees no drift there.
 * Source: kube-controller-manager's clusterrole-aggregation-controller.
 */
export function clusterRoleAggregationController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const informer = informers.of(clusterRoles);

  async function reconcile(name: string): Promise<Result> {
    const role = informer.store.get(name);
    if (role?.aggregationRule == null) return done;
    const rules = aggregate(role, informer.store.values());
    if (deepEqual(role.rules ?? [], rules)) return done;
    const { apiVersion, kind } = role;
    const applied = {
      apiVersion,
      kind,
      metadata: { name },
      ...(rules.length > 0 ? { rules } : {}),
    };
    await cluster.apply(clusterRoles, applied, { fieldManager, force: true });
    return done;
  }

  const loop = createLoop(context, 'clusterrole-aggregation', reconcile);
  informer.on(() => {
    for (const role of informer.store.values()) {
      if (role.aggregationRule != null) loop.add(role.metadata.name ?? '');
    }
  });
  return { name: 'clusterrole-aggregation', loops: [loop] };
}
