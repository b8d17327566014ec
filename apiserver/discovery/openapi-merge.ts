import type { Json } from './openapi-definitions.ts';

/**
 * The OpenAPI v2 document of another server beside our own (kube-openapi aggregator): only its paths
 * below `prefixes`, and what they refer to. A definition that has the name of another with other
 * content gets a name of its own, `…_v2`.
 */
export function mergeOpenApiV2(own: Json, other: Json, prefixes: readonly string[]): Json {
  const wanted = (path: string): boolean =>
    prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  const paths = Object.fromEntries(
    Object.entries((other['paths'] ?? {}) as Json).filter(([path]) => wanted(path)),
  );
  const names = new Map<string, string>();
  const added: Record<Section, Json> = { definitions: {}, parameters: {} };
  const taken = (section: Section): Json => ({
    ...((own[section] ?? {}) as Json),
    ...added[section],
  });
  /** The value with its references led to their names here; what they mean is taken over. */
  function adopt(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(adopt);
    if (typeof value !== 'object' || value === null) return value;
    const object = value as Json;
    const reference = object['$ref'];
    if (typeof reference === 'string') return { ...object, $ref: adoptReference(reference) };
    return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, adopt(inner)]));
  }
  function adoptReference(reference: string): string {
    const [, section, name] = /^#\/(definitions|parameters)\/(.+)$/.exec(reference) ?? [];
    const meant = (other[section ?? ''] as Json | undefined)?.[name ?? ''];
    if (section === undefined || name === undefined || meant === undefined) return reference;
    const known = names.get(reference);
    if (known !== undefined) return `#/${section}/${known}`;
    const mine = nameFor(taken(section as Section), name, meant);
    names.set(reference, mine);
    if (taken(section as Section)[mine] === undefined) {
      const target = added[section as Section];
      // before what it holds is followed: types may hold themselves
      target[mine] = {};
      target[mine] = adopt(meant);
    }
    return `#/${section}/${mine}`;
  }
  const adopted = adopt(paths) as Json;
  return {
    ...own,
    paths: sorted({ ...((own['paths'] ?? {}) as Json), ...adopted }),
    definitions: sorted(taken('definitions')),
    parameters: sorted(taken('parameters')),
  };
}

type Section = 'definitions' | 'parameters';

/** The name itself if it is free or means the same; else with a number. */
function nameFor(taken: Json, name: string, meant: unknown): string {
  const text = JSON.stringify(meant);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}_v${number}`;
    const there = taken[candidate];
    if (there === undefined || JSON.stringify(there) === text) return candidate;
  }
}

function sorted(object: Json): Json {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
