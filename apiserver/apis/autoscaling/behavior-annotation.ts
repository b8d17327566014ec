import { jsonText } from '../../../object/json-text.ts';
import { internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { goField, goInt32, goList, goQuantity, goStruct, goText } from './go-fields.ts';

/**
 * How an autoscaler may move, as autoscaling/v1 carries it: upstream writes its internal type there,
 * which has Go's names (pkg/apis/autoscaling/v1/conversion.go).
 */

export function behaviorText(behavior: Plain): string {
  return jsonText(internalForm('HorizontalPodAutoscalerBehavior', behavior));
}

/** Undefined when it says nothing; throws for what the type could not have been. */
export function readBehavior(value: unknown): Plain | undefined {
  if (value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new TypeError('not a behavior');
  const behavior: Plain = {};
  for (const direction of ['scaleUp', 'scaleDown']) {
    const rules = goStruct(value as Plain, direction);
    if (rules !== undefined) behavior[direction] = readRules(rules);
  }
  return Object.keys(behavior).length === 0 ? undefined : behavior;
}

function readRules(rules: Plain): Plain {
  const fields: Plain = {
    stabilizationWindowSeconds: goInt32(rules, 'stabilizationWindowSeconds'),
    selectPolicy: goText(rules, 'selectPolicy'),
    policies: goList(goField(rules, 'policies'))?.map((policy) => ({
      type: goText(policy, 'type') ?? '',
      value: goInt32(policy, 'value') ?? 0,
      periodSeconds: goInt32(policy, 'periodSeconds') ?? 0,
    })),
    tolerance: goQuantity(rules, 'tolerance'),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
}
