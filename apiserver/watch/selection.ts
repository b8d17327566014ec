import type { Term } from './value-index.ts';
import type { CachedObject } from './view.ts';

/** What label and field selectors have in common (object/selectors). */
export interface Matcher {
  matches(values: Readonly<Record<string, string>>): boolean;
  /** Some of what it needs, to look in the right place; that alone does not make it match. */
  readonly terms?: readonly Term[];
}

/** Which objects of a resource: everything given must hold. */
export interface Selection {
  /** Empty or absent: all namespaces. */
  namespace?: string;
  /** metadata.name, when exactly one is wanted. */
  name?: string;
  labelSelector?: Matcher;
  fieldSelector?: Matcher;
}

export function selects(selection: Selection, object: CachedObject): boolean {
  if (selection.namespace && selection.namespace !== object.namespace) return false;
  if (selection.name !== undefined && selection.name !== object.name) return false;
  if (selection.labelSelector && !selection.labelSelector.matches(object.labels)) return false;
  return !selection.fieldSelector || selection.fieldSelector.matches(object.fields);
}

/** Namespace and name: the same in every version of an object, as labels and fields are not. */
export function inAnyVersion({ namespace, name }: Selection): Selection {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** By namespace at most: whoever sees an event sees it as what it is. */
export function isPlain(selection: Selection): boolean {
  return selection.name === undefined && !selection.labelSelector && !selection.fieldSelector;
}

const noTerms: readonly Term[] = [];

export function termsOf({ labelSelector, fieldSelector }: Selection): readonly Term[] {
  const labels = labelSelector?.terms ?? noTerms;
  const fields = fieldSelector?.terms ?? noTerms;
  if (labels.length === 0) return fields;
  return fields.length === 0 ? labels : [...labels, ...fields];
}
