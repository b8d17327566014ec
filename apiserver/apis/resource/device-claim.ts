import { fieldInvalid, fieldRequired, fieldTooLong } from '../../../object/field-error.ts';
import { byteLength, dns1123LabelErrors, patternError } from '../../../object/name.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkDriverName } from '../storage/driver-name.ts';
import { checkSet, checkSlice } from './bounded-list.ts';
import { checkConfiguration } from './device-config.ts';
import { checkRequest } from './device-requests.ts';

/** What a claim asks for: requests, constraints among them, configuration for their drivers. */

const requestsMax = 32;
const constraintsMax = 32;
const configMax = 32;

export function checkDevices(errors: Errors, devices: Plain | undefined, path: string): void {
  const { constraints = [], config = [] } = devices ?? {};
  const requests: Plain[] = devices?.requests ?? [];
  const known = requestNames(requests);
  checkSet(errors, requests, `${path}.requests`, {
    max: requestsMax,
    key: (request: Plain) => request.name ?? '',
    check: (request: Plain, at) => checkRequest(errors, request, at),
  });
  checkSlice(errors, constraints, `${path}.constraints`, {
    max: constraintsMax,
    check: (constraint: Plain, at) => checkConstraint(errors, constraint, at, known),
  });
  checkSlice(errors, config, `${path}.config`, {
    max: configMax,
    check(one: Plain, at) {
      checkRequestNames(errors, one.requests ?? [], `${at}.requests`, known);
      checkConfiguration(errors, one, at);
    },
  });
}

/** `request` and `request/alternative`. */
export function requestNames(requests: Plain[]): Set<string> {
  const names = new Set<string>();
  for (const { name = '', firstAvailable = [] } of requests) {
    names.add(name);
    for (const option of firstAvailable) names.add(`${name}/${option.name ?? ''}`);
  }
  return names;
}

export function checkRequestNames(
  errors: Errors,
  names: string[],
  path: string,
  known: ReadonlySet<string>,
): void {
  checkSet(errors, names, path, {
    max: requestsMax,
    key: (name) => name,
    check: (name, at) => checkRequestName(errors, name, at, known),
  });
}

export function checkRequestName(
  errors: Errors,
  name: string,
  path: string,
  known: ReadonlySet<string>,
): void {
  const parts = name.split('/');
  if (parts.length <= 2) {
    for (const part of parts) checkFormat(errors, part, path, dns1123LabelErrors);
  }
  if (known.has(name)) return;
  const text =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  errors.push(fieldInvalid(path, name, text));
}

function checkConstraint(
  errors: Errors,
  constraint: Plain,
  path: string,
  known: ReadonlySet<string>,
): void {
  checkRequestNames(errors, constraint.requests ?? [], `${path}.requests`, known);
  const { matchAttribute, distinctAttribute } = constraint;
  if (matchAttribute !== undefined) {
    checkFullName(errors, matchAttribute, `${path}.matchAttribute`);
  } else if (distinctAttribute !== undefined) {
    checkFullName(errors, distinctAttribute, `${path}.distinctAttribute`);
  } else {
    const text =
      'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
    errors.push(fieldRequired(path, text));
  }
}

function checkFullName(errors: Errors, name: string, path: string): void {
  checkQualifiedName(errors, name, path);
  if (name.includes('/')) return;
  const text = 'a fully qualified name must be a domain and a name separated by a slash';
  errors.push(fieldInvalid(path, name, text));
}

const identifier = '[A-Za-z_][A-Za-z0-9_]*';
const identifierPattern = new RegExp(`^${identifier}$`);
const identifierMessage =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
const identifierBytesMax = 32;

/** A name of an attribute or a capacity: `[domain/]identifier`. */
export function checkQualifiedName(errors: Errors, name: string, path: string): void {
  const [first = '', second, ...more] = name.split('/');
  if (more.length > 0) return;
  if (second === undefined) {
    checkIdentifier(errors, first, path);
    return;
  }
  if (first === '') errors.push(fieldInvalid(path, '', 'the domain must not be empty'));
  else checkDriverName(errors, first, path);
  if (second === '') errors.push(fieldInvalid(path, '', 'the name must not be empty'));
  else checkIdentifier(errors, second, path);
}

function checkIdentifier(errors: Errors, name: string, path: string): void {
  if (byteLength(name) > identifierBytesMax) errors.push(fieldTooLong(path, identifierBytesMax));
  if (identifierPattern.test(name)) return;
  const why = patternError(identifierMessage, identifier, 'my_name', 'MY_NAME', 'MyName');
  errors.push(fieldInvalid(path, name, why));
}
