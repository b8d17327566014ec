import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { byteLength, dns1035LabelErrors } from '../../../object/name.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { versionsAlike } from './definition-schemas.ts';
import { checkSelectableFields } from './selectable-fields.ts';

/**
 * Versions of a definition. What all of them have in common upstream holds, and judges, once for all:
 * its path has no version in it.
 */
export function checkVersions(errors: Errors, versions: Plain[]): void {
  const path = 'spec.versions';
  for (const [i, version] of versions.entries()) {
    if (version.schema?.openAPIV3Schema !== undefined) continue;
    errors.push(fieldRequired(`${path}[${i}].schema.openAPIV3Schema`, 'schemas are required'));
  }
  for (const [i, version] of versions.entries()) {
    const at = `${path}[${i}]`;
    const problems = dns1035LabelErrors(version.name ?? '');
    if (problems.length > 0) {
      errors.push(fieldInvalid(`${at}.name`, version.name ?? '', problems.join(',')));
    }
    for (const problem of warningProblems(version)) {
      errors.push(fieldInvalid(`${at}.deprecationWarning`, version.deprecationWarning, problem));
    }
    for (const [field, check] of parts) {
      if (!versionsAlike(versions, field)) check(errors, version, `${at}.${field}`);
    }
  }
  const names = versions.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    errors.push(fieldInvalid(path, versions, 'must contain unique version names'));
  }
  if (versions.filter((v) => v.storage === true).length !== 1) {
    const text = 'must have exactly one version marked as storage version';
    errors.push(fieldInvalid(path, versions.length === 0 ? null : versions, text));
  }
  const [first] = versions;
  for (const [field, check] of parts) {
    if (first !== undefined && versionsAlike(versions, field))
      check(errors, first, `spec.${field}`);
  }
}

const warningLengthMax = 256;

function warningProblems({ deprecated, deprecationWarning }: Plain): string[] {
  if (deprecationWarning === undefined) return [];
  if (deprecated !== true) return ['can only be set for deprecated versions'];
  const text: string = deprecationWarning;
  const problems: string[] = [];
  if (byteLength(text) > warningLengthMax) {
    problems.push(`must be <= ${warningLengthMax} characters long`);
  }
  if (text === '') problems.push('must not be an empty string');
  const odd = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(text);
  if (odd !== null) {
    const index = byteLength(text.slice(0, odd.index));
    problems.push(
      `must only contain printable UTF-8 characters; non-printable character found at index ${index}`,
    );
  }
  return problems;
}

type CheckPart = (errors: Errors, version: Plain, path: string) => void;

const parts: readonly [field: string, check: CheckPart][] = [
  [
    'subresources',
    (errors, { subresources }, path) => checkScale(errors, subresources?.scale, path),
  ],
  ['additionalPrinterColumns', checkColumns],
  ['selectableFields', checkSelectableFields],
];

function checkScale(errors: Errors, scale: Plain | undefined, path: string): void {
  if (scale === undefined) return;
  const rules: [field: string, prefix: string, where: string, required: boolean][] = [
    ['specReplicasPath', '.spec.', 'under .spec', true],
    ['statusReplicasPath', '.status.', 'under .status', true],
    ['labelSelectorPath', '', 'under either .spec or .status', false],
  ];
  for (const [field, prefix, where, required] of rules) {
    const at = `${path}.scale.${field}`;
    const value: string = scale[field] ?? '';
    if (value === '') {
      if (required) errors.push(fieldRequired(at));
      continue;
    }
    const starts = prefix === '' ? /^\.(spec|status)\./.test(value) : value.startsWith(prefix);
    if (!value.startsWith('.')) errors.push(fieldInvalid(at, value, notSimple));
    else if (!starts) errors.push(fieldInvalid(at, value, `should be a json path ${where}`));
  }
}

const notSimple = 'must be a simple json path starting with .';
const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = [
  'byte',
  'date',
  'date-time',
  'double',
  'float',
  'int32',
  'int64',
  'password',
];

function checkColumns(errors: Errors, version: Plain, path: string): void {
  for (const [i, column] of (version.additionalPrinterColumns ?? []).entries()) {
    const at = `${path}[${i}]`;
    const { name, type, format, jsonPath } = column;
    if (!name) errors.push(fieldRequired(`${at}.name`));
    const types = `must be one of ${columnTypes.join(',')}`;
    if (!type) errors.push(fieldRequired(`${at}.type`, types));
    else if (!columnTypes.includes(type)) errors.push(fieldInvalid(`${at}.type`, type, types));
    if (format && !columnFormats.includes(format)) {
      const text = `must be one of ${columnFormats.join(',')}`;
      errors.push(fieldInvalid(`${at}.format`, format, text));
    }
    if (!jsonPath) errors.push(fieldRequired(`${at}.JSONPath`));
    else if (!jsonPath.startsWith('.')) {
      errors.push(fieldInvalid(`${at}.JSONPath`, jsonPath, notSimple));
    }
  }
}
