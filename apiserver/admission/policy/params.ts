import type { KubeObject } from '../../../object/object.ts';
import {
  type LabelSelectorObject,
  labelSelectorFromObject,
  matches,
} from '../../../object/selector.ts';

/** The parameters of a policy: which objects a binding means (policy/generic policy_dispatcher.go). */

export interface ParamKind {
  group: string;
  version: string;
  kind: string;
}

export interface ParamRef {
  name?: string;
  namespace?: string;
  selector?: LabelSelectorObject;
  parameterNotFoundAction?: 'Allow' | 'Deny';
}

/** The objects of one kind, in the version that was asked for. */
export interface ParamSource {
  namespaced: boolean;
  get(namespace: string, name: string): Promise<KubeObject | undefined>;
  /** Empty namespace: all. */
  list(namespace: string): Promise<KubeObject[]>;
}

/** Undefined: no such kind is served. */
export type FindParams = (kind: ParamKind) => ParamSource | undefined;

/**
 * One evaluation for each: none when there are none and that is allowed, one without a parameter when
 * policy or binding use none. Throws upstream's text of what is wrong with the binding.
 */
export async function collectParams(
  source: ParamSource | undefined,
  ref: ParamRef | undefined,
  requestNamespace: string,
): Promise<(KubeObject | undefined)[]> {
  if (source === undefined || ref === undefined) return [undefined];
  const namespace = namespaceOf(source, ref, requestNamespace);
  const params = ref.name
    ? [await source.get(namespace, ref.name)].filter((found) => found !== undefined)
    : await selectedParams(source, ref, namespace);
  if (params.length === 0 && ref.parameterNotFoundAction === 'Deny') {
    throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction');
  }
  return params;
}

function namespaceOf({ namespaced }: ParamSource, ref: ParamRef, requestNamespace: string): string {
  if (!namespaced) {
    if (!ref.namespace) return '';
    throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  }
  const namespace = ref.namespace || requestNamespace;
  if (namespace === '') {
    throw new Error(
      'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    );
  }
  return namespace;
}

async function selectedParams(
  source: ParamSource,
  ref: ParamRef,
  namespace: string,
): Promise<KubeObject[]> {
  if (ref.selector === undefined) throw new Error('one of name or selector must be provided');
  const selector = labelSelectorFromObject(ref.selector);
  const all = await source.list(namespace);
  return all.filter(({ metadata }) => matches(selector, metadata.labels));
}
