import { deepCopy } from '../../object/copy.ts';
import { goType } from '../../object/go-format.ts';
import { type KubeObject, parseApiVersion } from '../../object/object.ts';
import { type StatusCause, StatusError } from '../../object/status-error.ts';
import { validateAnnotations, validateLabels } from '../validation/metadata.ts';

/**
 * Custom objects in another version of their definition: what every strategy has in common. Source:
 * apiextensions-apiserver pkg/apiserver/conversion/converter.go.
 */

/** Objects that are of another version, in this one, in order. */
export type Convert = (
  objects: readonly KubeObject[],
  apiVersion: string,
) => Promise<KubeObject[]> | KubeObject[];

export interface ConvertOptions {
  /** Whether the definition has this version. */
  known(apiVersion: string): boolean;
  /** A webhook's work, which is checked. Strategy None has none: versions differ by nothing but their name. */
  convert?: Convert;
  /** Drops what the object's version does not know, in place; without it that stays. */
  prune?(object: KubeObject): void;
}

/** Told as it is, not as a failure of the webhook. */
export class Unconvertible extends Error {}

/** Rejects with the StatusError that a client is told; its words are upstream's. */
export function makeConvert(
  options: ConvertOptions,
): (objects: readonly KubeObject[], apiVersion: string) => Promise<KubeObject[]> {
  return async (objects, apiVersion) => {
    for (const object of objects) checkVersions(options, object, apiVersion);
    const foreign = objects.filter((object) => object.apiVersion !== apiVersion);
    const [first] = foreign;
    if (first === undefined) return [...objects];
    const converted =
      options.convert === undefined
        ? foreign.map((object) => ({ ...deepCopy(object), apiVersion }))
        : await checked(options.convert, foreign, apiVersion, kindOf(first));
    let next = 0;
    return objects.map((object) => {
      if (object.apiVersion === apiVersion) return object;
      const made = converted[next++] as KubeObject;
      options.prune?.(made);
      return made;
    });
  };
}

async function checked(
  convert: Convert,
  objects: readonly KubeObject[],
  apiVersion: string,
  kind: string,
): Promise<KubeObject[]> {
  const what = `conversion webhook for ${kind}`;
  let converted: KubeObject[];
  try {
    converted = await convert(objects, apiVersion);
  } catch (error) {
    if (error instanceof Unconvertible) throw failure(error.message);
    throw failure(`${what} failed: ${(error as Error).message}`);
  }
  if (converted.length !== objects.length) {
    throw failure(`${what} returned ${converted.length} objects, expected ${objects.length}`);
  }
  for (const [i, object] of objects.entries()) {
    accept(object, converted[i] as KubeObject, apiVersion, what);
  }
  return converted;
}

function checkVersions(options: ConvertOptions, object: KubeObject, apiVersion: string): void {
  if (!options.known(apiVersion)) {
    throw failure(`request to convert CR to an invalid group/version: ${apiVersion}`);
  }
  if (!options.known(object.apiVersion)) {
    throw failure(`request to convert CR from an invalid group/version: ${object.apiVersion}`);
  }
}

/** As apimachinery's GroupVersionKind prints itself. */
function kindOf({ apiVersion, kind }: KubeObject): string {
  return `${apiVersion}, Kind=${kind}`;
}

function failure(message: string): StatusError {
  return new StatusError(500, '', message);
}

/** A conversion changes what it likes but who the object is; its metadata but labels and annotations stays. */
function accept(
  original: KubeObject,
  converted: KubeObject,
  apiVersion: string,
  what: string,
): void {
  const invalid = (why: string): StatusError => failure(`${what} returned invalid object${why}`);
  const got = parseApiVersion(converted.apiVersion) === undefined ? '' : converted.apiVersion;
  if (got !== apiVersion) {
    throw invalid(` at index 0: invalid groupVersion (expected ${apiVersion}, received ${got})`);
  }
  if (converted.kind !== original.kind) {
    throw invalid(
      ` at index 0: invalid kind (expected ${original.kind}, received ${converted.kind})`,
    );
  }
  const kept = [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['UID', 'uid'],
  ] as const;
  for (const [name, field] of kept) {
    const before = textOf(original.metadata, field);
    const after = textOf(converted.metadata, field);
    if (before !== after) throw invalid(`: must have the same ${name}: ${before} != ${after}`);
  }
  try {
    restoreMetadata(original, converted);
  } catch (error) {
    throw failure(`${what} returned invalid metadata: ${(error as Error).message}`);
  }
}

function textOf(metadata: unknown, field: string): string {
  const found = isMap(metadata) ? metadata[field] : undefined;
  return typeof found === 'string' ? found : '';
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeText(value: unknown): string {
  return value === null ? '<nil>' : goType(value);
}

function restoreMetadata(original: KubeObject, converted: KubeObject): void {
  const answered: unknown = converted.metadata;
  if (answered === undefined) throw new Error('missing metadata in converted object');
  if (!isMap(answered)) {
    throw new Error(`invalid metadata of type ${typeText(answered)} in converted object`);
  }
  // of an object whose labels alone were applied, an apply in another version leaves no metadata at first
  const metadata = deepCopy(
    (original as Partial<KubeObject>).metadata ?? {},
  ) as KubeObject['metadata'];
  for (const field of ['labels', 'annotations'] as const) {
    const before = metadata[field];
    const after = answered[field];
    if (after === undefined || after === null) {
      delete metadata[field];
      continue;
    }
    if (!isMap(after)) {
      throw new Error(`invalid metadata.${field} of type ${goType(after)} in converted object`);
    }
    for (const [key, value] of Object.entries(after)) {
      if (typeof value === 'string') continue;
      throw new Error(
        `metadata.${field}[${key}] must be a string, but is ${typeText(value)} in converted object`,
      );
    }
    const texts = after as Record<string, string>;
    if (changed(before ?? {}, texts)) check(field, texts);
    metadata[field] = texts;
  }
  converted.metadata = metadata;
}

function changed(before: Record<string, string>, after: Record<string, string>): boolean {
  const keys = Object.keys(after);
  return keys.length !== Object.keys(before).length || keys.some((k) => after[k] !== before[k]);
}

function check(field: 'labels' | 'annotations', texts: Record<string, string>): void {
  const causes: StatusCause[] = [];
  if (field === 'labels') validateLabels(causes, texts, 'metadata.labels');
  // upstream's path has no s
  else validateAnnotations(causes, texts, 'metadata.annotation');
  const said = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  if (said.length > 0) throw new Error(said.length === 1 ? said[0] : `[${said.join(', ')}]`);
}
