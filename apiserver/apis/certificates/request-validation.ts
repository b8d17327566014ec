import { X509Certificate } from 'node:crypto';
import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
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

const block = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([^-]*)-----END \1-----/;

/** One PEM block of the right type, signed by the key that is in it. */
function requestProblem(base64: string): string | undefined {
  const match = block.exec(Buffer.from(base64, 'base64').toString('latin1'));
  if (match?.[1] !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return requestSignatureProblem(Buffer.from(match[2] ?? '', 'base64'));
}

function checkRequestSigner(errors: Errors, name: string, path: string): void {
  if (name === 'kubernetes.io/legacy-unknown') {
    const text = 'the legacy signerName is not allowed via this API version';
    errors.push(fieldInvalid(path, name, text));
  } else checkSignerName(errors, name, path);
}

export function validateRequestStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors = checkConditions(next.status?.conditions ?? []);
  const before: string = old.status?.certificate ?? '';
  const now: string = next.status?.certificate ?? '';
  const problem = now === before ? undefined : certificateProblem(now);
  if (problem !== undefined) {
    errors.push(fieldInvalid('status.certificate', '<certificate data>', problem));
  }
  checkKept(errors, next, old);
  if (before !== '' && before !== now) {
    const why = 'updates may not modify existing certificate content';
    errors.push(fieldForbidden('status.certificate', why));
  }
  return errors;
}

/** An approval may be reworded, and never taken back. */
export function validateApproval(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors = checkConditions(next.status?.conditions ?? []);
  checkKept(errors, next, old);
  return errors;
}

function certificateProblem(base64: string): string | undefined {
  if (base64 === '') return undefined;
  const text = Buffer.from(base64, 'base64').toString('latin1');
  const blocks = [...text.matchAll(new RegExp(block, 'g'))];
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const [whole, type = '', body = ''] of blocks) {
    if (type !== 'CERTIFICATE') {
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    }
    if (body.includes(':')) return 'no PEM block headers are permitted';
    try {
      new X509Certificate(whole);
    } catch {
      return 'x509: malformed certificate';
    }
  }
  return undefined;
}

const final = ['Approved', 'Denied', 'Failed'];

function checkConditions(conditions: Plain[]): Errors {
  const errors: Errors = [];
  const types = new Set<string>();
  for (const [i, { type = '', status = '' }] of conditions.entries()) {
    const at = `status.conditions[${i}]`;
    if (type === '') errors.push(fieldRequired(`${at}.type`));
    const allowed = final.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    checkOneOf(errors, status, `${at}.status`, allowed);
    const turned = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (turned !== undefined && types.has(turned)) {
      const text = 'Approved and Denied conditions are mutually exclusive';
      errors.push(fieldInvalid(`${at}.type`, type, text));
    }
    if (types.has(type)) errors.push(fieldDuplicate(`${at}.type`, type));
    types.add(type);
  }
  return errors;
}

function checkKept(errors: Errors, next: KubeObject, old: KubeObject): void {
  const count = ({ status }: KubeObject, type: string): number =>
    (status?.conditions ?? []).filter((c: Plain) => c.type === type).length;
  for (const type of final) {
    if (count(next, type) >= count(old, type)) continue;
    const why = `updates may not remove a condition of type ${JSON.stringify(type)}`;
    errors.push(fieldForbidden('status.conditions', why));
  }
}
