/**
 * The fields that a configuration may have: `true` for what is not looked into, a list of one shape for
 * a list of such objects.
 */
export interface Shape {
  readonly [field: string]: true | Shape | readonly [Shape];
}

/** Paths of the fields that are none, as upstream's strict decoder finds them. */
export function unknownFields(content: unknown, shape: Shape, at = ''): string[] {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return [];
  return Object.entries(content).flatMap(([field, value]) => {
    const path = at === '' ? field : `${at}.${field}`;
    const known = shape[field];
    if (known === undefined) return [path];
    if (known === true) return [];
    if (!isList(known)) return unknownFields(value, known, path);
    const items: unknown[] = Array.isArray(value) ? value : [];
    return items.flatMap((item, i) => unknownFields(item, known[0], `${path}[${i}]`));
  });
}

/** Throws in upstream's words. */
export function checkFields(content: unknown, shape: Shape): void {
  const unknown = unknownFields(content, shape).map(
    (path) => `unknown field ${JSON.stringify(path)}`,
  );
  if (unknown.length > 0) throw new Error(`strict decoding error: ${unknown.join(', ')}`);
}

function isList(shape: Shape | readonly [Shape]): shape is readonly [Shape] {
  return Array.isArray(shape);
}
