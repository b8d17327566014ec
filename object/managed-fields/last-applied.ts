import { parseJson } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { goJson } from '../go-format.ts';
import type { Apply } from './apply.ts';
import { compareObjects } from './compare.ts';
import { difference, has } from './field-set.ts';
import type { Fields } from './shape.ts';
import { toFieldSet } from './to-set.ts';
import { withoutManagers } from './track-update.ts';

/** The bridge from kubectl's client-side apply, which keeps its configuration in an annotation. */

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
const maxAnnotationBytes = 256 * 1024;

/** Which paths the annotation already claims with the value they have; undefined: none. */
export function allowedByLastApplied({
  live,
  schema,
  apiVersion,
}: Apply): ((path: readonly string[]) => boolean) | undefined {
  const text = live?.metadata.annotations?.[annotation];
  if (live === undefined || typeof text !== 'string' || text === '') return undefined;
  try {
    const last = parseJson(text) as Fields;
    if (last.apiVersion !== apiVersion) return undefined;
    const { modified, added, removed } = compareObjects(last, withoutManagers(live), schema);
    let set = toFieldSet(last, schema);
    for (const changed of [modified, added, removed]) set = difference(set, changed);
    return (path) => has(set, path);
  } catch {
    // An annotation that is no configuration allows nothing.
    return undefined;
  }
}

/** Keep the annotation true for clients that still apply on their side. */
export function withLastApplied(
  manager: string,
  object: KubeObject,
  config: KubeObject,
): KubeObject {
  const annotations = object.metadata?.annotations;
  if (manager !== 'kubectl' || !annotations?.[annotation]) return object;
  const copy = { ...config, metadata: { ...config.metadata } };
  if (copy.metadata.annotations != null) {
    const { [annotation]: _, ...ownAnnotations } = copy.metadata.annotations;
    copy.metadata.annotations = ownAnnotations;
  }
  const next: Record<string, string> = {
    ...annotations,
    [annotation]: `${goJson(copy)}\n`,
  };
  let size = 0;
  for (const [key, value] of Object.entries(next)) {
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > maxAnnotationBytes) delete next[annotation];
  return { ...object, metadata: { ...object.metadata, annotations: next } };
}
