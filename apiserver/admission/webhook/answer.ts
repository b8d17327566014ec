import { applyJsonPatch, checkJsonPatch } from '../../../object/json-patch.ts';
import { parseJson } from '../../../object/json.ts';
import { type KubeObject, parseApiVersion } from '../../../object/object.ts';
import { StatusError, type StatusDetails } from '../../../object/status-error.ts';
import { schemaFor } from '../../../schema/built-in.ts';
import { canonical } from '../../../schema/decode.ts';
import { goValueName } from '../../../schema/go-type.ts';
import { jsonSyntaxError } from '../../../schema/json-syntax.ts';
import { canonicalBase64 } from '../../../schema/scalars.ts';
import type { Review } from './review.ts';

/** The answer to an AdmissionReview (k8s.io/apiserver admission/plugin/webhook/request, errors). */

export interface Verdict {
  allowed: boolean;
  /** Base64, not yet read; nothing of validating webhooks. */
  patch: string | undefined;
  patchType: string;
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

interface ReviewResponse {
  apiVersion?: string;
  kind?: string;
  response?: Response | null;
}

interface Response {
  uid?: string;
  allowed?: boolean;
  patch?: string;
  patchType?: string;
  status?: Verdict['result'];
  warnings?: string[];
  auditAnnotations?: Record<string, string>;
}

/** Throws when the answer is not one to this question; the caller takes that as a failed call. */
export function readVerdict(answer: unknown, review: Review, mutating: boolean): Verdict {
  const response = decoded(answer, review);
  if (response === undefined || response === null) throw invalid('webhook response was absent');
  // the former version was not looked at so closely
  if (review.version === 'v1') checkResponse(answer as ReviewResponse, response, review, mutating);
  const { patch, patchType } = response;
  return {
    allowed: response.allowed === true,
    patch: mutating ? patch : undefined,
    patchType: review.version === 'v1' ? (patchType ?? '') : 'JSONPatch',
    result: response.status ?? {},
    warnings: response.warnings ?? [],
    auditAnnotations: response.auditAnnotations ?? {},
  };
}

/** As client-go decodes into the version that was asked for; what says nothing of its type is of that. */
function decoded(answer: unknown, { version }: Review): Response | null | undefined {
  if (answer === null || answer === undefined) return undefined;
  if (typeof answer !== 'object' || Array.isArray(answer)) {
    throw unreadable(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goValueName(answer)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const { apiVersion = '', kind, response } = answer as ReviewResponse;
  if (response !== undefined && response !== null) checkTypes(response);
  const own = parseApiVersion(apiVersion);
  if (apiVersion !== '' && own?.version !== version) {
    const type = `${own?.version}.${kind || 'AdmissionReview'}`;
    throw unreadable(`converting (${type}) to (${version}.AdmissionReview): unknown conversion`);
  }
  return response;
}

const fieldTypes: [field: keyof Response, type: string, holds: (value: unknown) => boolean][] = [
  ['uid', 'types.UID', isText],
  ['allowed', 'bool', (value) => typeof value === 'boolean'],
  ['patch', '[]uint8', isText],
  ['patchType', 'v1.PatchType', isText],
  ['auditAnnotations', 'map[string]string', (value) => isObject(value)],
  ['warnings', '[]string', Array.isArray],
];

function checkTypes(response: Response): void {
  const where = 'AdmissionResponse.response';
  const wrong = (value: unknown, field: string, type: string) =>
    unreadable(
      `json: cannot unmarshal ${goValueName(value)} into Go struct field ${where}.${field} of type ${type}`,
    );
  for (const [field, type, holds] of fieldTypes) {
    const value: unknown = response[field];
    if (value !== undefined && value !== null && !holds(value)) throw wrong(value, field, type);
  }
  const texts: [field: string, values: unknown[]][] = [
    ['auditAnnotations', Object.values(response.auditAnnotations ?? {})],
    ['warnings', response.warnings ?? []],
  ];
  for (const [field, values] of texts) {
    const odd = values.find((value) => !isText(value));
    if (odd !== undefined) throw wrong(odd, field, 'string');
  }
  if (!response.patch) return;
  try {
    canonicalBase64(response.patch);
  } catch (error) {
    throw unreadable((error as Error).message);
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkResponse(
  { apiVersion = '', kind = '' }: ReviewResponse,
  response: Response,
  review: Review,
  mutating: boolean,
): void {
  if (response.uid !== review.uid) {
    throw invalid(
      `expected response.uid=${JSON.stringify(review.uid)}, got ${JSON.stringify(response.uid ?? '')}`,
    );
  }
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') {
    const { group = '', version = '' } = parseApiVersion(apiVersion) ?? {};
    throw invalid(
      `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${group}/${version}, Kind=${kind}`,
    );
  }
  checkPatch(response, mutating);
}

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

/** Undefined: nothing is to be changed. Throws when it cannot be read; that is a failed call, too. */
export function readPatch({ patch, patchType }: Verdict): unknown[] | undefined {
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
  if (patchType === 'JSONPatch') return operations as unknown[];
  throw new Error(`unsupported patch type ${JSON.stringify(patchType)}`);
}

function unreadable(why: string): Error {
  return new Error(`failed to call webhook: ${why}`);
}

function invalid(why: string): Error {
  return new Error(`received invalid webhook response: ${why}`);
}

/**
 * A new object; the old is left alone. Throws when the patch does not fit, or gives a field of a built-in
 * type another type's value; fields that the type does not have are dropped.
 */
export function patched(object: KubeObject, patch: unknown): KubeObject {
  const next = applyJsonPatch(object, checkJsonPatch(patch));
  const { group, version } = parseApiVersion(next.apiVersion) ?? { group: '', version: '' };
  const schema = schemaFor({ group, version, kind: next.kind });
  const wrong = schema === undefined ? undefined : canonical(next, schema).wrong;
  if (wrong !== undefined) throw new Error(wrong);
  return next;
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
