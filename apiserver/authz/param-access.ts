import { type KubeObject, parseApiVersion } from '../../object/object.ts';
import type { UserInfo } from '../context.ts';
import type { Authorize } from './authorize.ts';

/**
 * Whose parameters a policy reads, its author must be allowed to read: a policy tells what is in them.
 * Source: pkg/registry/admissionregistration, the authz.go of policies and bindings.
 */
export interface ParamAccessRequest {
  user: UserInfo;
  /** Of group admissionregistration.k8s.io; others pass. */
  resource: string;
  object: KubeObject;
  /** Undefined on create. */
  oldObject: KubeObject | undefined;
}

interface Deps {
  authorize: Authorize;
  /** The plural of a kind that is served. */
  resourceOf(group: string, version: string, kind: string): string | undefined;
  /** A policy that is stored. */
  policy(resource: string, name: string): Promise<KubeObject | undefined>;
}

interface ParamKind {
  apiVersion?: string;
  kind?: string;
}

export interface ParamRefusal {
  field: string;
  text: string;
}

export function makeParamCheck(
  deps: Deps,
): (request: ParamAccessRequest) => Promise<ParamRefusal | undefined> {
  return async (request) => {
    if (request.user.groups.includes('system:masters')) return undefined;
    switch (request.resource) {
      case 'validatingadmissionpolicies':
      case 'mutatingadmissionpolicies':
        return checkPolicy(request, deps);
      case 'validatingadmissionpolicybindings':
        return checkBinding(request, deps, 'validatingadmissionpolicies');
      case 'mutatingadmissionpolicybindings':
        return checkBinding(request, deps, 'mutatingadmissionpolicies');
      default:
        return undefined;
    }
  };
}

async function checkPolicy(
  { user, object, oldObject }: ParamAccessRequest,
  deps: Deps,
): Promise<ParamRefusal | undefined> {
  const wanted: ParamKind | undefined = object.spec?.paramKind;
  const had: ParamKind | undefined = oldObject?.spec?.paramKind;
  if (wanted === undefined) return undefined;
  const { apiVersion = '', kind = '' } = wanted;
  if (had?.apiVersion === apiVersion && had.kind === kind) return undefined;
  const asked = { verb: 'get', name: '*', namespace: '*', ...readOf(wanted, deps) };
  const what = `all objects of the referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`;
  const text = `user ${shown(user)} must have "get" permission on ${what}`;
  return refusalOf(deps, user, asked, { field: 'spec.paramKind', text });
}

/** Asked at every change: upstream compares pointers, which are never the same. */
async function checkBinding(
  { user, object }: ParamAccessRequest,
  deps: Deps,
  policies: string,
): Promise<ParamRefusal | undefined> {
  const ref: { name?: string; namespace?: string } | undefined = object.spec?.paramRef;
  if (ref === undefined) return undefined;
  const { name = '', namespace = '' } = ref;
  const verb = name === '' ? 'list' : 'get';
  const policy = await deps.policy(policies, object.spec?.policyName ?? '');
  const asked = { verb, name, namespace, ...readOf(policy?.spec?.paramKind, deps) };
  // upstream's text has the verb and the user in each other's place
  const text = `user ${verb} does not have "${shown(user)}" permission on the object referenced by paramRef`;
  return refusalOf(deps, user, asked, { field: 'spec.paramRef', text });
}

/** What is not known may be anything. */
function readOf(
  wanted: ParamKind | undefined,
  deps: Deps,
): { group: string; version: string; resource: string } {
  const parsed = wanted === undefined ? undefined : parseApiVersion(wanted.apiVersion ?? '');
  if (parsed === undefined) return { group: '*', version: '*', resource: '*' };
  const { group, version } = parsed;
  return { group, version, resource: deps.resourceOf(group, version, wanted?.kind ?? '') ?? '*' };
}

async function refusalOf(
  { authorize }: Deps,
  user: UserInfo,
  asked: {
    verb: string;
    group: string;
    version: string;
    resource: string;
    namespace: string;
    name: string;
  },
  refusal: ParamRefusal,
): Promise<ParamRefusal | undefined> {
  const decision = await authorize({
    ...asked,
    user,
    resourceRequest: true,
    subresource: '',
    path: '',
  });
  if (decision.verdict === 'allow') return undefined;
  const failed = decision.verdict === 'no-opinion' ? decision.error : undefined;
  return failed === undefined ? refusal : { ...refusal, text: failed };
}

/** As Go prints a user.DefaultInfo. */
function shown({ name, uid = '', groups, extra = {} }: UserInfo): string {
  const pairs = Object.entries(extra)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, values]) => `${key}:[${values.join(' ')}]`);
  return `&{${name} ${uid} [${groups.join(' ')}] map[${pairs.join(' ')}]}`;
}
