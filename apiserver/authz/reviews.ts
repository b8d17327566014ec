import { fieldInvalid } from '../../object/field-error.ts';
import type { KubeObject } from '../../object/object.ts';
import { badRequest, invalid, type StatusCause } from '../../object/status-error.ts';
import type { UserInfo } from '../context.ts';
import type { Authorize } from './authorize.ts';
import type { Attributes, RuleResolver } from './authorizer.ts';
import { selectorErrors } from './review-selectors.ts';
import {
  readFieldSelector,
  readLabelSelector,
  type ReadSelector,
  type SelectorAttributes,
} from './selectors.ts';

/**
 * The create-only resources of authorization.k8s.io: the object comes back with its status, nothing
 * is stored. Source: pkg/registry/authorization, pkg/apis/authorization/validation.
 */

const group = 'authorization.k8s.io';

interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  fieldSelector?: SelectorAttributes | null;
  labelSelector?: SelectorAttributes | null;
}

interface AccessSpec {
  resourceAttributes?: ResourceAttributes | null;
  nonResourceAttributes?: { path?: string; verb?: string } | null;
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

export async function reviewSubjectAccess(
  review: KubeObject,
  { authorize }: { authorize: Authorize },
): Promise<KubeObject> {
  const spec: AccessSpec = review.spec ?? {};
  check(review, [...attributeErrors(spec), ...subjectErrors(spec), ...metadataErrors(review)]);
  return answered(review, authorize, subjectOf(spec), spec);
}

/** `namespace` is that of the request. */
export async function reviewLocalSubjectAccess(
  review: KubeObject,
  { authorize, namespace }: { authorize: Authorize; namespace: string },
): Promise<KubeObject> {
  const spec: AccessSpec = review.spec ?? {};
  const { namespace: _, ...metadata } = review.metadata ?? {};
  const errors = [
    ...attributeErrors(spec),
    ...subjectErrors(spec),
    ...metadataErrors({ ...review, metadata }, 'must be empty except for namespace'),
  ];
  const asked = spec.resourceAttributes?.namespace ?? '';
  if (spec.resourceAttributes && asked !== (review.metadata.namespace ?? namespace)) {
    errors.push(
      fieldInvalid('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace'),
    );
  }
  if (spec.nonResourceAttributes) {
    errors.push(
      fieldInvalid(
        'spec.nonResourceAttributes',
        spec.nonResourceAttributes,
        'disallowed on this kind of request',
      ),
    );
  }
  check(review, errors);
  if (asked !== namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
  }
  return answered(review, authorize, subjectOf(spec), spec);
}

export async function reviewSelfSubjectAccess(
  review: KubeObject,
  { authorize, user }: { authorize: Authorize; user: UserInfo },
): Promise<KubeObject> {
  const spec: AccessSpec = review.spec ?? {};
  check(review, [...attributeErrors(spec), ...metadataErrors(review)]);
  return answered(review, authorize, user, spec);
}

export async function reviewSelfSubjectRules(
  review: KubeObject,
  { rules, user }: { rules: RuleResolver; user: UserInfo },
): Promise<KubeObject> {
  const namespace: string = review.spec?.namespace ?? '';
  if (namespace === '') throw badRequest('no namespace on request');
  const found = await rules.rulesFor(user, namespace);
  return {
    ...review,
    status: {
      resourceRules: found.resourceRules,
      nonResourceRules: found.nonResourceRules,
      incomplete: found.incomplete,
      ...(found.evaluationError === undefined ? {} : { evaluationError: found.evaluationError }),
    },
  };
}

function check(review: KubeObject, causes: StatusCause[]): void {
  if (causes.length > 0) throw invalid({ group, kind: review.kind }, '', causes);
}

function metadataErrors(review: KubeObject, why = 'must be empty'): StatusCause[] {
  const { managedFields: _, ...rest } = review.metadata ?? {};
  const set = Object.values(rest).some((value) => value !== undefined && value !== null);
  return set ? [fieldInvalid('metadata', rest, why)] : [];
}

function attributeErrors(spec: AccessSpec): StatusCause[] {
  if (spec.resourceAttributes && spec.nonResourceAttributes) {
    return [
      fieldInvalid(
        'spec.nonResourceAttributes',
        spec.nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      ),
    ];
  }
  if (!spec.resourceAttributes && !spec.nonResourceAttributes) {
    return [
      fieldInvalid(
        'spec.resourceAttributes',
        spec.resourceAttributes,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    ];
  }
  return spec.resourceAttributes ? selectorErrors(spec.resourceAttributes) : [];
}

function subjectErrors(spec: AccessSpec): StatusCause[] {
  if (spec.user || (spec.groups?.length ?? 0) > 0) return [];
  return [
    fieldInvalid('spec.user', spec.user ?? '', 'at least one of user or group must be specified'),
  ];
}

function subjectOf(spec: AccessSpec): UserInfo {
  return {
    name: spec.user ?? '',
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    groups: spec.groups ?? [],
    ...(spec.extra === undefined ? {} : { extra: spec.extra }),
  };
}

async function answered(
  review: KubeObject,
  authorize: Authorize,
  user: UserInfo,
  spec: AccessSpec,
): Promise<KubeObject> {
  const selectors = selectorsOf(spec);
  const decision = await authorize(attributes(user, spec, selectors));
  const errors = [
    decision.error,
    ignoredText('fieldSelector', selectors.fields),
    ignoredText('labelSelector', selectors.labels),
  ].filter((error) => error !== undefined);
  return {
    ...review,
    status: {
      allowed: decision.verdict === 'allow',
      ...(decision.verdict === 'deny' ? { denied: true } : {}),
      ...(decision.reason === '' ? {} : { reason: decision.reason }),
      ...(errors.length === 0 ? {} : { evaluationError: errors.join('; ') }),
    },
  };
}

interface Selectors {
  fields: ReadSelector | undefined;
  labels: ReadSelector | undefined;
}

function selectorsOf({ resourceAttributes: asked }: AccessSpec): Selectors {
  return {
    fields: asked?.fieldSelector ? readFieldSelector(asked.fieldSelector) : undefined,
    labels: asked?.labelSelector ? readLabelSelector(asked.labelSelector) : undefined,
  };
}

function ignoredText(what: string, read: ReadSelector | undefined): string | undefined {
  if (read === undefined || read.whole) return undefined;
  const how = read.text === '' ? 'ignored' : 'partially ignored';
  return `spec.resourceAttributes.${what} ${how} due to parse error`;
}

function attributes(user: UserInfo, spec: AccessSpec, { fields, labels }: Selectors): Attributes {
  const asked = spec.resourceAttributes;
  if (!asked) {
    const { path = '', verb = '' } = spec.nonResourceAttributes ?? {};
    const none = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
    return { user, verb, resourceRequest: false, path, ...none };
  }
  const { text: fieldSelector = '' } = fields ?? {};
  const { text: labelSelector = '' } = labels ?? {};
  return {
    user,
    verb: asked.verb ?? '',
    resourceRequest: true,
    group: asked.group ?? '',
    // no version is any
    version: asked.version || '*',
    resource: asked.resource ?? '',
    subresource: asked.subresource ?? '',
    namespace: asked.namespace ?? '',
    name: asked.name ?? '',
    path: '',
    ...(fieldSelector === '' ? {} : { fieldSelector }),
    ...(labelSelector === '' ? {} : { labelSelector }),
  };
}
