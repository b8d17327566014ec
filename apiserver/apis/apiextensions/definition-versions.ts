import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { byteLength, dns1035LabelErrors } from '../../../object/name.ts';
import { goJson } from '../../../object/go-format.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { hasDefaults, SchemaRules, versionsAlike } from './definition-schemas.ts';
import { shownVersions } from './shown-versions.ts';
import { checkSelectableFields } from './selectable-fields.ts';

/**
 * Versions of a definition. What all of them have in common upstream holds, and judges, once for all:
 * its path has no version in it.
 */
export function checkVersions(errors: Errors, spec: Plain, old: KubeObject | undefined): void {
  const path = 'spec.versions';
  const versions: Plain[] = spec.versions ?? [];
  const rules = new SchemaRules(spec, old);
  checkSchemasThere(errors, spec, versions, rules);
  for (const [i, version] of versions.entries()) {
    const at = `${path}[${i}]`;
    const problems = dns1035LabelErrors(version.name ?? '');
    if (problems.length > 0) {
      errors.push(fieldInvalid(`${at}.name`, version.name ?? '', problems.join(',')));
    }
    for (const problem of warningProblems(version)) {
      errors.push(warningInvalid(`${at}.deprecationWarning`, version.deprecationWarning, problem));
    }
    if (!versionsAlike(versions, 'schema')) {
      errors.push(...rules.errors(version, `${at}.schema`, hasStatus(version)));
    }
    checkParts(errors, versions, version, (field) => !versionsAlike(versions, field), at, old);
  }
  const names = versions.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    errors.push(
      fieldInvalid(path, shownVersions(spec.versions), 'must contain unique version names'),
    );
  }
  if (versions.filter((v) => v.storage === true).length !== 1) {
    const text = 'must have exactly one version marked as storage version';
    errors.push(fieldInvalid(path, shownVersions(spec.versions), text));
  }
  // upstream's inner form has the first version's name once more
  const [first] = versions;
  const problems = first?.name ? dns1035LabelErrors(first.name) : [];
  if (problems.length > 0)
    errors.push(fieldInvalid('spec.version', first?.name, problems.join(',')));
}

/** What all versions have in common, after the names. */
export function checkShared(errors: Errors, spec: Plain, old: KubeObject | undefined): void {
  const versions: Plain[] = spec.versions ?? [];
  const [first] = versions;
  if (first === undefined) return;
  if (versionsAlike(versions, 'schema')) {
    const rules = new SchemaRules(spec, old);
    errors.push(...rules.errors(first, 'spec.validation', versions.some(hasStatus)));
  }
  checkParts(errors, versions, first, (field) => versionsAlike(versions, field), 'spec', old);
}

function hasStatus({ subresources }: Plain): boolean {
  return subresources?.status !== undefined;
}

function checkSchemasThere(
  errors: Errors,
  spec: Plain,
  versions: Plain[],
  { required }: SchemaRules,
): void {
  const preserves = spec.preserveUnknownFields === true;
  for (const [i, version] of versions.entries()) {
    if (version.schema?.openAPIV3Schema !== undefined) continue;
    const at = `spec.versions[${i}].schema.openAPIV3Schema`;
    if (required) errors.push(fieldRequired(at));
    else if (!preserves && version.served === true) {
      errors.push(fieldRequired(at, 'because otherwise all fields are pruned'));
    }
  }
  if (!preserves || !hasDefaults(spec)) return;
  const text = 'must be false in order to use defaults in the schema';
  errors.push(fieldInvalid('spec.preserveUnknownFields', true, text));
}

function checkParts(
  errors: Errors,
  versions: Plain[],
  version: Plain,
  applies: (field: string) => boolean,
  at: string,
  old: KubeObject | undefined,
): void {
  if (applies('subresources'))
    checkScale(errors, version.subresources?.scale, `${at}.subresources`);
  if (applies('additionalPrinterColumns')) {
    checkColumns(errors, version, `${at}.additionalPrinterColumns`);
  }
  if (!applies('selectableFields')) return;
  const shared = versionsAlike(versions, 'selectableFields');
  const before: Plain | undefined = (old?.spec.versions ?? []).find(
    ({ name }: Plain) => name === version.name,
  );
  checkSelectableFields(errors, version, `${at}.selectableFields`, {
    hasSchema: shared === versionsAlike(versions, 'schema'),
    shared,
    before: before?.selectableFields ?? [],
  });
}

/** Upstream holds it by a pointer, and so shows it as JSON. */
function warningInvalid(field: string, warning: string, problem: string): StatusCause {
  const message = `Invalid value: ${goJson(warning)}: ${problem}`;
  return { reason: 'FieldValueInvalid', message, field };
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
