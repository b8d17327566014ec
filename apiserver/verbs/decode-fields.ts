import { goQuote } from '../../object/go-format.ts';
import { floatOf, plainFloats } from '../../object/json.ts';
import type { KubeObject } from '../../object/object.ts';
import { canonical, type Words } from '../../schema/decode.ts';
import type { Resource } from '../apis/resource.ts';
import { canonicalMetadata } from './custom-metadata.ts';

export interface ReadFields {
  /** What had to go for it, in upstream's words. */
  unknown: string[];
  /** A value of another type than its field. */
  wrong: string | undefined;
  /** Paths in a custom object of the floats that are whole numbers: they stay floats until they are stored. */
  floats?: ReadonlySet<string>;
}

/**
 * Brings the object into its canonical form.
 * @param read.written numbers may stand as they were written (parseWritten)
 */
export function readFields(
  resource: Resource,
  object: KubeObject,
  { words = 'json', written = false }: { words?: Words; written?: boolean } = {},
): ReadFields {
  if (resource.custom === undefined) {
    const { unknown, wrong } = canonical(object, resource.schema, words);
    // in fields that may hold anything
    if (written) plainFloats(object);
    const told = unknown.map(unknownField);
    return { unknown: words === 'conversion' ? told.sort() : told, wrong };
  }
  const { floats, tooLarge } = written
    ? readFloats(object)
    : { floats: undefined, tooLarge: undefined };
  if (tooLarge !== undefined) return { unknown: [], wrong: tooLarge };
  const { unknown, wrong } = canonicalMetadata(object);
  if (wrong !== undefined) return { unknown: unknown.map(unknownField), wrong };
  unknown.push(...resource.custom.prune(object));
  const inside = resource.custom.coerceEmbedded(object);
  unknown.push(...inside.unknown);
  const first = inside.wrong;
  return {
    unknown: unknown.map(unknownField),
    wrong: first === undefined ? undefined : `${first.field}: ${first.message}`,
    ...(floats === undefined ? {} : { floats }),
  };
}

/** @returns what is wrong with the first that is too large for a float */
function readFloats(object: KubeObject): {
  floats?: ReadonlySet<string>;
  tooLarge?: string | undefined;
} {
  const floats = new Set<string>();
  let tooLarge: string | undefined;
  plainFloats(object, (path, written) => {
    const value = floatOf(written);
    if (Number.isInteger(value)) floats.add(path);
    else if (!Number.isFinite(value)) {
      tooLarge ??= `json: cannot unmarshal number ${written.description} into Go value of type float64`;
    }
  });
  return { floats, tooLarge };
}

function unknownField(path: string): string {
  return `unknown field ${goQuote(path)}`;
}
