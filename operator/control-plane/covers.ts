import { compareQuantities, parseQuantity } from '../../object/quantity.ts';

/**
 * Does the live value hold everything that is desired? Fields that only others care about (server
 * defaults, injected containers) are no difference; a changed or missing one of ours is.
 */
export function covers(live: unknown, desired: unknown): boolean {
  if (isEmpty(desired)) return isEmpty(live) || (isMap(desired) && isMap(live));
  if (Array.isArray(desired)) return Array.isArray(live) && coversList(live, desired);
  if (typeof desired !== 'object' || desired === null) return sameScalar(live, desired);
  if (typeof live !== 'object' || live === null || Array.isArray(live)) return false;
  const fields = live as Record<string, unknown>;
  return Object.entries(desired).every(([name, value]) => covers(fields[name], value));
}

/** `emptyDir: {}` asks for the thing, not for it to be empty. */
function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The API leaves out what is empty. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Lists of named things are merged by name and may hold more; all others are ours as a whole. */
function coversList(live: unknown[], desired: unknown[]): boolean {
  const nameOf = (item: unknown) =>
    typeof item === 'object' && item !== null ? (item as { name?: string }).name : undefined;
  if (desired.every((item) => nameOf(item) !== undefined)) {
    return desired.every((item) => {
      const same = live.find((other) => nameOf(other) === nameOf(item));
      return same !== undefined && covers(same, item);
    });
  }
  return live.length === desired.length && desired.every((item, i) => covers(live[i], item));
}

/** The API server writes quantities in its own way: `1000m` comes back as `1`. */
function sameScalar(live: unknown, desired: unknown): boolean {
  if (live === desired) return true;
  const scalars = [live, desired];
  if (!scalars.every((v) => typeof v === 'string' || typeof v === 'number')) return false;
  if (!scalars.every((v) => /^[0-9.]+([a-zA-Z]{1,2}|[eE][0-9]+)?$/.test(String(v)))) return false;
  try {
    const [a, b] = [parseQuantity(String(live)), parseQuantity(String(desired))];
    return compareQuantities(a, b) === 0;
  } catch {
    return false;
  }
}
