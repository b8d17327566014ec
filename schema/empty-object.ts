import { fillZeros } from './defaults.ts';
import type { Schema } from './schema.ts';

type Fields = Record<string, unknown>;

/**
 * What upstream writes of a built-in object in which nothing is set, besides kind, apiVersion and
 * metadata: `{"spec":{"containers":null},"status":{}}`.
 */
export function emptyFields(schema: Schema): Fields {
  const { metadata: _metadata, ...fields } = complete({ metadata: {} }, schema);
  return fields;
}

function complete(object: Fields, schema: Schema): Fields {
  fillZeros(object, schema);
  nullPointers(object, schema);
  return object;
}

/** A field that has to be there and is a pointer in Go is null until it is set. */
function nullPointers(object: Fields, schema: Schema): void {
  for (const key of schema.required ?? []) object[key] ??= null;
  for (const [key, inner] of Object.entries(object)) {
    const field = schema.properties?.[key];
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) continue;
    if (field?.properties !== undefined) nullPointers(inner as Fields, field);
  }
}
