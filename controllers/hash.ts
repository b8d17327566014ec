/**
 * Short stable names for contents. The value differs from upstream's (which hashes Go's own dump of
 * the struct); nothing relies on it: equal templates are found by comparison.
 */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** FNV-1a over the JSON with sorted keys, in upstream's alphabet without vowels. */
export function contentHash(value: unknown, collisions = 0): string {
  let hash = 0x811c9dc5;
  const text = sortedJson(value) + (collisions === 0 ? '' : `#${collisions}`);
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return [...String(hash)].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}

/** Absent, null and empty fields do not count: defaulting must not change a hash. */
function sortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, v]) => v !== undefined && v !== null)
    .map(([k, v]) => [k, sortedJson(v)] as const)
    .filter(([, v]) => v !== '{}' && v !== '[]')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([k, v]) => `${JSON.stringify(k)}:${v}`).join(',')}}`;
}
