/** Equality of two JSON values. Order counts in arrays and not in objects; an undefined field is absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!deepEqual(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  return objectsEqual(a as Record<string, unknown>, b as Record<string, unknown>, deepEqual);
}

/**
 * Upstream's Semantic.DeepEqual on decoded objects: absent, null, `{}` and `[]` are the same thing
 * (k8s.io/apimachinery api/equality). Quantities and times compare as text, so both sides must be
 * in canonical form, which is what decoding produces.
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const left = isBlank(a);
  const right = isBlank(b);
  if (left || right) return left && right;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!semanticEqual(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const from = a as Record<string, unknown>;
  const to = b as Record<string, unknown>;
  for (const key in from) if (!semanticEqual(from[key], own(to, key))) return false;
  for (const key in to) {
    if (!Object.hasOwn(from, key) && !isBlank(to[key])) return false;
  }
  return true;
}

function isBlank(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}

function own(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function objectsEqual(
  a: Record<string, unknown>,
  b: Record<string, unknown>,
  equal: (x: unknown, y: unknown) => boolean,
): boolean {
  let count = 0;
  for (const key in a) {
    const value = a[key];
    if (value === undefined) continue;
    count++;
    if (!Object.hasOwn(b, key) || !equal(value, b[key])) return false;
  }
  for (const key in b) if (b[key] !== undefined) count--;
  return count === 0;
}
