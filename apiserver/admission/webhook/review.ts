import { parseJson } from '../../../object/json.ts';
import { randomUUID } from 'node:crypto';
import { type KubeObject, parseApiVersion } from '../../../object/object.ts';
import { StatusError, type StatusDetails } from '../../../object/status-error.ts';
import { applyJsonPatch, checkJsonPatch } from '../../../object/json-patch.ts';
import { jsonSyntaxError } from '../../../schema/json-syntax.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { Webhook } from './registration.ts';

/** The question and the answer (admission.k8s.io AdmissionReview). Source: webhook/request. */

export interface Review {
  apiVersion: string;
  uid: string;
  body: object;
}

/** What is sent: the request, in the version the webhook asked for. */
export interface ReviewedObjects {
  apiVersion: string;
  kind: string;
  object: KubeObject | undefined;
  oldObject: KubeObject | undefined;
}

export interface Verdict {
  allowed: boolean;
  /** JSON Patch, not yet checked; undefined: no change. */
  patch: unknown;
  result: {
    code?: number;
    status?: string;
    message?: string;
    reason?: string;
    details?: StatusDetails;
  };
  warnings: string[];
  auditAnnotations: Record<string, string>;
}

const group = 'admission.k8s.io';
const supported = ['v1', 'v1beta1'];

export function makeReview(
  webhook: Webhook,
  request: AdmissionRequest,
  sent: ReviewedObjects,
): Review {
  const version = webhook.reviewVersions.find((one) => supported.includes(one));
  if (version === undefined) {
    throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  }
  const uid = randomUUID();
  const apiVersion = `${group}/${version}`;
  const body = {
    kind: 'AdmissionReview',
    apiVersion,
    request: {
      uid,
      ...requestFields(request, sent),
      object: sent.object ?? null,
      oldObject: sent.oldObject ?? null,
      options: request.options ?? null,
    },
  };
  return { apiVersion, uid, body };
}

/** An AdmissionRequest without its objects: what expressions know as `request`, too. */
export function requestFields(request: AdmissionRequest, sent: ReviewedObjects): object {
  const { resource, subresource, user } = request;
  const gv = parseApiVersion(sent.apiVersion);
  return {
    kind: kindOf(request, sent.object ?? sent.oldObject, gv?.version ?? '', sent.kind),
    resource: { ...gv, resource: resource.resource },
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(
      request,
      request.object ?? request.oldObject,
      resource.version,
      resource.kind,
    ),
    requestResource: {
      group: resource.group,
      version: resource.version,
      resource: resource.resource,
    },
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(request.name === '' ? {} : { name: request.name }),
    ...(request.namespace === '' ? {} : { namespace: request.namespace }),
    operation: request.operation,
    userInfo: {
      username: user.name,
      ...(user.uid ? { uid: user.uid } : {}),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    dryRun: request.dryRun,
    ...(request.options === undefined ? {} : { options: request.options }),
  };
}

/** The kind of what is sent: a subresource's differs from its resource's (Binding, Scale, PodExecOptions). */
function kindOf(
  { subresource }: AdmissionRequest,
  object: KubeObject | undefined,
  version: string,
  kind: string,
): object {
  if (subresource !== '' && object?.kind !== undefined) {
    return { ...parseApiVersion(object.apiVersion), kind: object.kind };
  }
  const own = object === undefined ? undefined : parseApiVersion(object.apiVersion);
  return { group: own?.group ?? '', version: own?.version ?? version, kind };
}

interface ReviewResponse {
  apiVersion?: string;
  kind?: string;
  response?: {
    uid?: string;
    allowed?: boolean;
    patch?: string;
    patchType?: string;
    status?: Verdict['result'];
    warnings?: string[];
    auditAnnotations?: Record<string, string>;
  };
}

/** Throws when the answer is not one to this question; the caller takes that as a failed call. */
export function readVerdict(answer: unknown, review: Review, mutating: boolean): Verdict {
  const { apiVersion, kind, response } = (answer ?? {}) as ReviewResponse;
  if (apiVersion !== review.apiVersion || kind !== 'AdmissionReview') {
    throw invalid(
      `expected webhook response of ${review.apiVersion}, Kind=AdmissionReview, got ${apiVersion ?? ''}, Kind=${kind ?? ''}`,
    );
  }
  if (response === undefined || response === null) throw invalid('webhook response was absent');
  if (review.apiVersion.endsWith('/v1') && response.uid !== review.uid) {
    throw invalid(
      `expected response.uid=${JSON.stringify(review.uid)}, got ${JSON.stringify(response.uid ?? '')}`,
    );
  }
  if (review.apiVersion.endsWith('/v1')) checkPatch(response, mutating);
  const allowed = response.allowed === true;
  return {
    allowed,
    patch: mutating && allowed ? readPatch(response) : undefined,
    result: response.status ?? {},
    warnings: response.warnings ?? [],
    auditAnnotations: response.auditAnnotations ?? {},
  };
}

type Response = NonNullable<ReviewResponse['response']>;

/** A patch says what it is, and only those webhooks send one that may change objects. */
function checkPatch({ patch, patchType }: Response, mutating: boolean): void {
  const typed = patchType !== undefined && patchType !== null;
  if (!mutating) {
    if (patch) throw invalid('validating webhook may not return response.patch');
    if (typed) throw invalid('validating webhook may not return response.patchType');
    return;
  }
  if (patch && !typed) {
    throw invalid('webhook returned response.patch but not response.patchType');
  }
  if (!patch && typed) {
    throw invalid('webhook returned response.patchType but not response.patch');
  }
  if (patchType === '') throw invalid('webhook returned invalid response.patchType of ""');
}

/** Undefined: nothing is to be changed. */
function readPatch({ patch, patchType = 'JSONPatch' }: Response): unknown {
  if (!patch) return undefined;
  const text = Buffer.from(patch, 'base64').toString('utf8');
  let operations: unknown;
  try {
    operations = parseJson(text);
    checkJsonPatch(operations);
  } catch (error) {
    const why = jsonSyntaxError(text) ?? (error as Error).message;
    throw new Error(`received undecodable patch in webhook response: ${why}`, { cause: error });
  }
  if (Array.isArray(operations) && operations.length === 0) return undefined;
  if (patchType === 'JSONPatch') return operations;
  throw new Error(`unsupported patch type ${JSON.stringify(patchType)}`);
}

function invalid(why: string): Error {
  return new Error(`received invalid webhook response: ${why}`);
}

/** A new object; the old is left alone. Throws when the patch does not fit. */
export function patched(object: KubeObject, patch: unknown): KubeObject {
  return applyJsonPatch(object, checkJsonPatch(patch));
}

/** The client's error for a refusal; never a code that would look like success. */
export function denial(webhook: string, { result }: Verdict): StatusError {
  const by = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const { message, reason = '', details } = result;
  const code = result.code !== undefined && result.code >= 400 ? result.code : 400;
  const why = message || reason;
  return new StatusError(
    code,
    reason,
    why ? `${by}: ${why}` : `${by} without explanation`,
    details,
  );
}
