import { namespaceSchema } from '../../../cel/admission-schema.ts';
import { toCel } from '../../../cel/value.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Authorize } from '../../authz/authorize.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { namespaceNamed, type WebhookOptions } from '../webhook/dispatch.ts';
import type { CompiledPolicy } from './compile.ts';
import type { Binding, Hook } from './hooks.ts';
import { type MatchOptions, matchedBy } from './match.ts';
import { collectParams, type FindParams, type ParamKind, type ParamSource } from './params.ts';

/** What plugins of admission policies are made of. */
export interface PolicyOptions extends MatchOptions, Pick<WebhookOptions, 'convert'> {
  policies: Lister;
  bindings: Lister;
  authorize: Authorize;
  findParams: FindParams;
}

/** One evaluation of a policy: for one of its bindings, with one parameter. */
export interface Invocation {
  binding: Binding;
  /** In which the policy wants to see the objects. */
  apiVersion: string;
  param: KubeObject | undefined;
}

/** Told of what cannot be evaluated; without a binding it is the policy itself. */
export type Misconfigured = (binding: Binding | undefined, error: Error) => void;

/** The evaluations of one policy that a request leads to, in order. */
export async function invocationsOf(
  { policy, bindings }: Hook<CompiledPolicy>,
  request: AdmissionRequest,
  options: PolicyOptions,
  misconfigured: Misconfigured,
): Promise<Invocation[]> {
  const found: Invocation[] = [];
  let apiVersion: string | undefined;
  let source: ParamSource | undefined;
  try {
    apiVersion = await matchedBy(policy.criteria, request, options);
    if (apiVersion === undefined) return found;
    source = sourceOf(policy.paramKind, options.findParams);
  } catch (error) {
    misconfigured(undefined, error as Error);
    return found;
  }
  for (const binding of bindings) {
    try {
      const { criteria, paramRef } = binding;
      const wanted = criteria === undefined || (await matchedBy(criteria, request, options));
      if (wanted === undefined) continue;
      const params = await collectParams(source, paramRef, request.namespace);
      for (const param of params) found.push({ binding, apiVersion, param });
    } catch (error) {
      misconfigured(binding, error as Error);
    }
  }
  return found;
}

function sourceOf(kind: ParamKind | undefined, find: FindParams): ParamSource | undefined {
  if (kind === undefined) return undefined;
  const source = find(kind);
  if (source !== undefined) return source;
  const title = `${kind.group}/${kind.version}, Kind=${kind.kind}`;
  throw new Error(`failed to find resource referenced by paramKind: '${title}'`);
}

/** The variable `namespaceObject`: null for what is in no namespace, Namespaces among it. Throws NotFound. */
export async function namespaceValue(
  request: AdmissionRequest,
  options: PolicyOptions,
): Promise<unknown> {
  const { resource, namespace } = request;
  if (namespace === '' || (resource.group === '' && resource.kind === 'Namespace')) return null;
  const { metadata, spec, status } = await namespaceNamed(namespace, options);
  const { managedFields: _fields, ownerReferences: _owners, ...seen } = metadata;
  return toCel({ metadata: seen, spec, status }, namespaceSchema);
}

/** The variables of one evaluation: what all share, and its own. */
export function withParam(
  shared: object,
  param: KubeObject | undefined,
  namespaceObject: unknown,
): object {
  return Object.create(shared, {
    params: { value: toCel(param, undefined) },
    namespaceObject: { value: namespaceObject },
  }) as object;
}
