/** JSON whose shape the schema has already checked: field access without a type for every kind. */
// oxlint-disable-next-line no-explicit-any -- the schema, not TypeScript, knows the fields
export type Plain = Record<string, any>;

/** `object.field ??= value` for a chain of defaults, one line each. */
export function setDefaults(object: Plain, defaults: Plain): void {
  for (const field in defaults) object[field] ??= defaults[field];
}

/** Like {@link setDefaults}, but the empty string counts as absent: Go strings that are not pointers. */
export function setTextDefaults(object: Plain, defaults: Record<string, string>): void {
  for (const field in defaults) {
    if (object[field] === undefined || object[field] === '') object[field] = defaults[field];
  }
}
