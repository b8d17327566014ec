import { semanticEqual } from '../../../object/equal.ts';

/** Which tolerations cover which (pkg/util/tolerations). */

export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

/** Both lists as one, without those that others cover. */
export function mergeTolerations(
  first: readonly Toleration[],
  second: readonly Toleration[],
): Toleration[] {
  const all = [...first, ...second];
  const merged: Toleration[] = [];
  for (const [i, one] of all.entries()) {
    const before = merged.some((kept) => covers(kept, one));
    // of two that are equal the first stays
    const after = all.slice(i + 1).some((next) => !semanticEqual(next, one) && covers(next, one));
    if (!before && !after) merged.push(one);
  }
  return merged;
}

export function areAllowed(
  tolerations: readonly Toleration[],
  allowed: readonly Toleration[],
): boolean {
  if (allowed.length === 0) return true;
  return tolerations.every((one) => allowed.some((wide) => covers(wide, one)));
}

function covers(wide: Toleration, one: Toleration): boolean {
  if (semanticEqual(wide, one)) return true;
  const { key = '', operator = '', effect = '', tolerationSeconds: limit } = wide;
  if ((one.key ?? '') !== key && (key !== '' || operator !== 'Exists')) return false;
  if ((one.effect ?? '') !== effect && effect !== '') return false;
  if (effect === 'NoExecute' && limit !== undefined) {
    if (one.tolerationSeconds === undefined || one.tolerationSeconds > limit) return false;
  }
  if (operator === 'Exists') return true;
  if (operator !== '' && operator !== 'Equal') return false;
  return one.operator === 'Equal' && (one.value ?? '') === (wide.value ?? '');
}
