import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import { semanticEqual } from '../../../object/equal.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, type Errors, immutableMessage } from '../field-check.ts';
import type { Plain } from '../plain.ts';

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
  if (!spec.request) errors.push(fieldRequired('spec.request'));
  else {
    const problem = requestProblem(spec.request);
    if (problem !== undefined) {
      errors.push(fieldInvalid('spec.request', `${spec.request.length} bytes`, problem));
    }
  }
  const asked: string[] = spec.usages ?? [];
  if (asked.length === 0) errors.push(fieldRequired('spec.usages'));
  for (const [i, usage] of asked.entries()) {
    if (!usages.includes(usage)) errors.push(fieldNotSupported(`spec.usages[${i}]`, usage, usages));
    if (asked.indexOf(usage) < i) errors.push(fieldDuplicate(`spec.usages[${i}]`, usage));
  }
  checkSignerName(errors, spec.signerName ?? '', 'spec.signerName');
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < shortestSeconds) {
    const text = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(fieldInvalid('spec.expirationSeconds', spec.expirationSeconds, text));
  }
  return errors;
}

const block = /^-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+)-----END \1-----/m;

/** One PEM block of the right type around a DER sequence; whoever signs it reads the rest. */
function requestProblem(base64: string): string | undefined {
  const match = block.exec(Buffer.from(base64, 'base64').toString('latin1'));
  if (
    match === null ||
    !['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'].includes(match[1] ?? '')
  ) {
    return 'PEM block type must be CERTIFICATE REQUEST';
  }
  const der = Buffer.from(match[2] ?? '', 'base64');
  return der.length > 2 && der[0] === 0x30 ? undefined : 'asn1: structure error: no DER sequence';
}

function checkSignerName(errors: Errors, name: string, path: string): void {
  if (name === '') {
    errors.push(fieldRequired(path));
    return;
  }
  const form = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
  const segments = name.split('/');
  if (segments.length !== 2) {
    errors.push(fieldInvalid(path, name, form));
    return;
  }
  const [domain = '', rest = ''] = segments;
  checkFormat(errors, domain, path, dns1123SubdomainErrors);
  if (!domain.includes('.'))
    errors.push(
      fieldInvalid(path, name, 'should be a domain with at least two segments separated by dots'),
    );
  if (rest === '')
    errors.push(fieldRequired(path, 'validating signer name path segment: must not be empty'));
  else checkFormat(errors, rest, path, dns1123SubdomainErrors);
  if (name.length > 571) errors.push(fieldInvalid(path, name, 'must be no more than 571 bytes'));
}

export function validateRequestStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = checkConditions(next, old);
  const before = old.status?.certificate;
  const now = next.status?.certificate;
  if (before && before !== now) {
    errors.push(fieldInvalid('status.certificate', 'certificate', immutableMessage));
  } else if (now && !block.test(Buffer.from(now, 'base64').toString('latin1'))) {
    const text = 'only CERTIFICATE PEM blocks are allowed, found none';
    errors.push(fieldInvalid('status.certificate', 'certificate', text));
  }
  return errors;
}

/** An approval is for good: conditions may be added, never taken back or turned. */
export function validateApproval(next: KubeObject, old: KubeObject): StatusCause[] {
  return checkConditions(next, old);
}

function checkConditions(next: KubeObject, old: KubeObject): Errors {
  const errors: Errors = [];
  const conditions: Plain[] = next.status?.conditions ?? [];
  const before: Plain[] = old.status?.conditions ?? [];
  const path = 'status.conditions';
  const types = new Set<string>();
  for (const [i, { type = '', status }] of conditions.entries()) {
    const at = `${path}[${i}]`;
    if (type === '') errors.push(fieldRequired(`${at}.type`));
    if (types.has(type)) errors.push(fieldDuplicate(`${at}.type`, type));
    types.add(type);
    if (['Approved', 'Denied', 'Failed'].includes(type) && status !== 'True') {
      errors.push(fieldNotSupported(`${at}.status`, status ?? '', ['True']));
    }
    const turned = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (turned !== undefined && types.has(turned)) {
      const text = 'Approved and Denied conditions are mutually exclusive';
      errors.push(fieldInvalid(`${at}.type`, type, text));
    }
  }
  for (const kind of ['Approved', 'Denied', 'Failed']) {
    const of = (list: Plain[]) => list.filter((c) => c.type === kind);
    if (of(before).length > 0 && of(conditions).length === 0) {
      const why = `updates may not remove a condition of type ${JSON.stringify(kind)}`;
      errors.push(fieldForbidden(path, why));
    } else if (of(before).length > 0 && !semanticEqual(of(before), of(conditions))) {
      const why = `updates may not modify a condition of type ${JSON.stringify(kind)}`;
      errors.push(fieldForbidden(path, why));
    }
  }
  return errors;
}
