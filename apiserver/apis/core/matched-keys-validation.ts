import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/**
 * Labels of the pod itself that its affinity and spreading select by: their keys are listed, and
 * their values are put into the selector when the pod is made (KEP-3243, KEP-3633).
 */

const twice = 'exists in both matchLabelKeys and labelSelector';

export function checkMatchedKeys(errors: Errors, term: Plain, path: string): void {
  const keys: string[] = term.matchLabelKeys ?? [];
  const others: string[] = term.mismatchLabelKeys ?? [];
  checkKeys(errors, keys, `${path}.matchLabelKeys`, term.labelSelector);
  checkKeys(errors, others, `${path}.mismatchLabelKeys`, term.labelSelector);
  checkSelectedTwice(errors, keys, term.labelSelector, path);
  for (const [i, key] of keys.entries()) {
    if (!others.includes(key)) continue;
    const text = 'exists in both matchLabelKeys and mismatchLabelKeys';
    errors.push(fieldInvalid(`${path}.matchLabelKeys[${i}]`, key, text));
  }
}

function checkKeys(
  errors: Errors,
  keys: readonly string[],
  path: string,
  selector: Plain | null | undefined,
): void {
  if (keys.length === 0) return;
  if (selector === undefined || selector === null) {
    errors.push(fieldForbidden(path, 'must not be specified when labelSelector is not set'));
    return;
  }
  for (const [i, key] of keys.entries()) checkFormat(errors, key, `${path}[${i}]`, labelKeyErrors);
}

/** The pod's own label was added to the selector once; a second rule for the key was there before. */
function checkSelectedTwice(
  errors: Errors,
  keys: readonly string[],
  selector: Plain | null | undefined,
  path: string,
): void {
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) {
    const index = keys.lastIndexOf(key);
    if (index >= 0 && seen.has(key)) errors.push(fieldInvalid(`${path}[${index}]`, key, twice));
    seen.add(key);
  }
}

/** Spreading before v1.34, when the scheduler alone looked at the keys (ValidateMatchLabelKeysInTopologySpread). */
export function checkUnmergedKeys(errors: Errors, spread: Plain, path: string): void {
  const keys: string[] = spread.matchLabelKeys ?? [];
  const selector: Plain | null | undefined = spread.labelSelector;
  const at = `${path}.matchLabelKeys`;
  if (keys.length > 0 && (selector === undefined || selector === null)) {
    errors.push(fieldForbidden(at, 'must not be specified when labelSelector is not set'));
  }
  const selected = new Set([
    ...Object.keys(selector?.matchLabels ?? {}),
    ...(selector?.matchExpressions ?? []).map(({ key }: Plain) => key),
  ]);
  for (const [i, key] of keys.entries()) {
    checkFormat(errors, key, `${at}[${i}]`, labelKeyErrors);
    if (selected.has(key)) errors.push(fieldInvalid(`${at}[${i}]`, key, twice));
  }
}
