import { goQuote } from '../../object/go-format.ts';
import { labelKeyErrors } from '../../object/name.ts';
import type { KubeObject } from '../../object/object.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { canonical } from '../../schema/decode.ts';
import { goValueName } from '../../schema/go-type.ts';

/**
 * The metadata of a custom object is a typed ObjectMeta, whatever its definition says
 * (apiextensions-apiserver schema/objectmeta): brought into its canonical form in place, with the
 * paths of unknown fields, and the first value of another type than its field.
 */
export function canonicalMetadata(object: KubeObject): {
  unknown: string[];
  wrong: string | undefined;
} {
  const metadata: unknown = object.metadata;
  if (metadata === undefined || metadata === null) return { unknown: [], wrong: undefined };
  if (typeof metadata !== 'object' || Array.isArray(metadata)) {
    const shown = goValueName(metadata);
    const wrong = `json: cannot unmarshal ${shown} into Go value of type v1.ObjectMeta`;
    return { unknown: [], wrong };
  }
  const schema = builtInSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  const { unknown, wrong } = canonical(metadata, schema);
  return { unknown: unknown.map((path) => `metadata.${path}`), wrong };
}

const standardFinalizers = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** New finalizers without a domain are accepted of custom objects, but not in silence (customresource validator.go). */
export function finalizerWarnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const { finalizers } = object.metadata;
  if (finalizers === undefined || finalizers.length === 0) return [];
  const before = new Set(old?.metadata.finalizers);
  return [...new Set(finalizers)]
    .filter((name) => !before.has(name))
    .sort()
    .flatMap((name) => {
      const complaints = [...labelKeyErrors(name)];
      if (!name.includes('/') && !standardFinalizers.has(name)) {
        const path = name.includes('.') ? ' including a path (/)' : '';
        complaints.push(
          `prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`,
        );
      }
      return complaints.map((why) => `metadata.finalizers: ${goQuote(name)}: ${why}`);
    });
}
