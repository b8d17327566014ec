import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { certificatesProblem } from '../../../pki/certificate-problem.ts';
import { decodePem } from '../../../pki/pem-block.ts';
import { requestSignatureProblem } from '../../../pki/request-signature.ts';
import { checkOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkSignerName } from '../signer-name.ts';

/** CertificateSigningRequests (pkg/apis/certificates/validation). */

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

const shortestSeconds = 600;

/** A request cannot change once it exists, so these rules see it once. */
export function validateRequest({ spec = {} }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const problem = requestProblem(spec.request ?? '');
  if (problem !== undefined) {
    errors.push(fieldInvalid('spec.request', spec.request ?? null, problem));
  }
  const asked: string[] = spec.usages ?? [];
  if (asked.length === 0) errors.push(fieldRequired('spec.usages'));
  for (const [i, usage] of asked.entries()) {
    if (!usages.includes(usage)) errors.push(fieldNotSupported(`spec.usages[${i}]`, usage, usages));
  }
  for (const [i, usage] of asked.entries()) {
    if (asked.indexOf(usage) < i) errors.push(fieldDuplicate(`spec.usages[${i}]`, usage));
  }
  checkRequestSigner(errors, spec.signerName ?? '', 'spec.signerName');
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < shortestSeconds) {
    const text = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(fieldInvalid('spec.expirationSeconds', spec.expirationSeconds, text));
  }
  return errors;
}

/** One PEM block of the right type, signed by the key that is in it. */
function requestProblem(base64: string): string | undefined {
  const block = decodePem(Buffer.from(base64, 'base64').toString('latin1'));
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return requestSignatureProblem(block.bytes);
}

function checkRequestSigner(errors: Errors, name: string, path: string): void {
  if (name === 'kubernetes.io/legacy-unknown') {
    const text = 'the legacy signerName is not allowed via this API version';
    errors.push(fieldInvalid(path, name, text));
  } else checkSignerName(errors, name, path);
}

export function validateRequestStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors = checkConditions(next, old);
  const before: string = old.status?.certificate ?? '';
  const now: string = next.status?.certificate ?? '';
  const problem = now === before ? undefined : certificateProblem(now);
  if (problem !== undefined && certificateProblem(before) === undefined) {
    errors.push(fieldInvalid('status.certificate', '<certificate data>', problem));
  }
  checkKept(errors, next, old);
  for (const type of approvals) {
    if (countOf(next, type) <= countOf(old, type)) continue;
    const why = `updates may not add a condition of type ${JSON.stringify(type)}`;
    errors.push(fieldForbidden('status.conditions', why));
  }
  if (before !== '' && before !== now) {
    const why = 'updates may not modify existing certificate content';
    errors.push(fieldForbidden('status.certificate', why));
  }
  return errors;
}

/** An approval may be reworded, and never taken back. */
export function validateApproval(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors = checkConditions(next, old);
  checkKept(errors, next, old);
  return errors;
}

function certificateProblem(base64: string): string | undefined {
  if (base64 === '') return undefined;
  let block = decodePem(Buffer.from(base64, 'base64').toString('latin1'));
  if (block === undefined) return 'must contain at least one CERTIFICATE PEM block';
  for (; block !== undefined; block = decodePem(block.rest)) {
    if (block.type !== 'CERTIFICATE') {
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(block.type)}`;
    }
    if (Object.keys(block.headers).length > 0) return 'no PEM block headers are permitted';
    const problem = certificatesProblem(block.bytes);
    if (problem !== undefined) return problem;
    if (block.bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates';
  }
  return undefined;
}

const approvals = ['Approved', 'Denied'];
const final = [...approvals, 'Failed'];

function conditionsOf({ status }: KubeObject): Plain[] {
  return status?.conditions ?? [];
}

/** Types that are empty, twice there or contradict each other may stay where they are. */
function checkConditions(next: KubeObject, old: KubeObject): Errors {
  const errors: Errors = [];
  const before = conditionsOf(old).map(({ type = '' }): string => type);
  const mayBeEmpty = before.includes('');
  const mayRepeat = new Set(before).size < before.length;
  const mayContradict = approvals.every((type) => before.includes(type));
  const types = new Set<string>();
  for (const [i, { type = '', status = '' }] of conditionsOf(next).entries()) {
    const at = `status.conditions[${i}]`;
    if (type === '' && !mayBeEmpty) errors.push(fieldRequired(`${at}.type`));
    const allowed = final.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    checkOneOf(errors, status, `${at}.status`, allowed);
    const turned = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (turned !== undefined && types.has(turned) && !mayContradict) {
      const text = 'Approved and Denied conditions are mutually exclusive';
      errors.push(fieldInvalid(`${at}.type`, type, text));
    }
    if (types.has(type) && !mayRepeat) errors.push(fieldDuplicate(`${at}.type`, type));
    types.add(type);
  }
  return errors;
}

function checkKept(errors: Errors, next: KubeObject, old: KubeObject): void {
  for (const type of final) {
    if (countOf(next, type) >= countOf(old, type)) continue;
    const why = `updates may not remove a condition of type ${JSON.stringify(type)}`;
    errors.push(fieldForbidden('status.conditions', why));
  }
}

function countOf(request: KubeObject, type: string): number {
  return conditionsOf(request).filter((condition) => condition.type === type).length;
}
