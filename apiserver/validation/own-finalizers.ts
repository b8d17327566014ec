import { fieldInvalid } from '../../object/field-error.ts';
import type { ObjectMeta } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';

/** Groups whose kinds upstream checks with the library's rules alone, as custom resources are. */
const libraryRules = [
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
];

const own = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Finalizers of built-in kinds have a domain or are Kubernetes' own (core validation ValidateObjectMeta). */
export function checkOwnFinalizers(
  { finalizers = [] }: ObjectMeta,
  resource: { group: string; custom?: unknown; judgesMetadata?: boolean },
): StatusCause[] {
  const { custom, judgesMetadata = true, group } = resource;
  if (custom !== undefined || !judgesMetadata || libraryRules.includes(group)) return [];
  return finalizers.flatMap((name, i) => {
    if (name.includes('/') || own.includes(name)) return [];
    const text = 'name is neither a standard finalizer name nor is it fully qualified';
    return [fieldInvalid(`metadata.finalizers[${i}]`, name, text)];
  });
}
