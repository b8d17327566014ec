import { fieldDuplicate } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { checkFormat, checkOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkJoined } from './scheduling-validation.ts';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** A Node's taints (core validation, validateNodeTaints). */
export function checkTaints(errors: Errors, taints: Plain[], path: string): void {
  const seen = new Set<string>();
  for (const [i, { key = '', value = '', effect = '', timeAdded = null }] of taints.entries()) {
    const at = `${path}[${i}]`;
    checkFormat(errors, key, `${at}.key`, labelKeyErrors);
    checkJoined(errors, value, `${at}.value`);
    checkOneOf(errors, effect, `${at}.effect`, effects);
    const pair = `${effect}/${key}`;
    if (seen.has(pair)) {
      // The fields of upstream's internal type, which is what its message shows.
      const taint = { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded };
      const duplicate = fieldDuplicate(at, taint);
      duplicate.message += ': taints must be unique by key and effect pair';
      errors.push(duplicate);
    }
    seen.add(pair);
  }
}
