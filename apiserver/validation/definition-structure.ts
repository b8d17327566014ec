import { fieldForbidden, fieldInvalid, fieldRequired } from '../../object/field-error.ts';
import { deepEqual } from '../../object/equal.ts';
import { compilePattern } from '../../object/pattern.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { isProps, type JsonSchemaProps } from './definition.ts';

/**
 * Is a schema structural (KEP: structural schemas)? Every field has a type outside of value
 * validation, and value validation only restricts. Source: apiextensions apiserver/schema.
 */

type Level = 'root' | 'item' | 'field';

const intOrString = 'x-kubernetes-int-or-string';
const preserve = 'x-kubernetes-preserve-unknown-fields';
const embedded = 'x-kubernetes-embedded-resource';
const intOrStringAnyOf = [{ type: 'integer' }, { type: 'string' }];

/** What keeps it from being structural, sorted by text as upstream does. */
export function structuralErrors(props: JsonSchemaProps, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  checkNode(causes, props, 'root', path);
  checkComplete(causes, props, props, path, path);
  const text = (cause: StatusCause) => `${cause.field}: ${cause.message}`;
  return causes.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
}

function fieldsOf(value: unknown): [string, JsonSchemaProps][] {
  if (!isProps(value)) return [];
  return Object.entries(value).filter((entry): entry is [string, JsonSchemaProps] =>
    isProps(entry[1]),
  );
}

function propsList(value: unknown): JsonSchemaProps[] {
  return Array.isArray(value) ? value.filter(isProps) : [];
}

function checkNode(
  causes: StatusCause[],
  props: JsonSchemaProps,
  level: Level,
  path: string,
): void {
  const { type, items, additionalProperties } = props;
  if (type === 'array' && !isProps(items)) {
    causes.push(fieldRequired(`${path}.items`, 'must be specified'));
  }
  if (isProps(items)) checkNode(causes, items, 'item', `${path}.items`);
  for (const [name, field] of fieldsOf(props.properties)) {
    checkNode(causes, field, 'field', `${path}.properties[${name}]`);
  }
  if (additionalProperties !== undefined && level === 'root') {
    causes.push(fieldForbidden(`${path}.additionalProperties`, 'must not be used at the root'));
  }
  if (isProps(additionalProperties)) {
    checkNode(causes, additionalProperties, 'field', `${path}.additionalProperties`);
  }
  checkExtensions(causes, props, path);
  const patternInAllOf = deepEqual(propsList(props.allOf)[0]?.anyOf, intOrStringAnyOf);
  checkRules(causes, props, deepEqual(props.anyOf, intOrStringAnyOf), patternInAllOf, path);
  checkType(causes, props, level, path);
  checkMeta(causes, props, level, path);
}

function checkExtensions(causes: StatusCause[], props: JsonSchemaProps, path: string): void {
  if (props[intOrString] !== true) return;
  for (const extension of [preserve, embedded]) {
    if (props[extension] !== true) continue;
    const why = 'must be false if x-kubernetes-int-or-string is true';
    causes.push(fieldInvalid(`${path}.${extension}`, true, why));
  }
}

const emptyType: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function checkType(
  causes: StatusCause[],
  props: JsonSchemaProps,
  level: Level,
  path: string,
): void {
  const type = typeof props.type === 'string' ? props.type : '';
  const at = `${path}.type`;
  if (props[embedded] === true && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true';
    causes.push(type === '' ? fieldRequired(at, why) : fieldInvalid(at, type, why));
  } else if (type === '' && props[intOrString] !== true && props[preserve] !== true) {
    causes.push(fieldRequired(at, emptyType[level]));
  }
  if (props[embedded] === true && props.additionalProperties !== undefined) {
    const why = 'must not be used if x-kubernetes-embedded-resource is set';
    causes.push(fieldForbidden(`${path}.additionalProperties`, why));
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    causes.push(fieldInvalid(at, type, 'must be object at the root'));
  }
}

/** apiVersion, kind and metadata are given; a schema may only restrict the name. */
function checkMeta(
  causes: StatusCause[],
  props: JsonSchemaProps,
  level: Level,
  path: string,
): void {
  const meta = level === 'root' || props[embedded] === true;
  for (const [name, field] of fieldsOf(props.properties)) {
    const at = `${path}.properties[${name}]`;
    if (meta && (name === 'kind' || name === 'apiVersion') && field.type !== 'string') {
      causes.push(fieldInvalid(`${at}.type`, field.type ?? '', 'must be string'));
    }
    if (name !== 'metadata') continue;
    if (meta && field.type !== 'object') {
      causes.push(fieldInvalid(`${at}.type`, field.type ?? '', 'must be object'));
    }
    if (level === 'root' && !onlyNames(field)) {
      const why =
        'must not specify anything other than name and generateName, but metadata is implicitly specified';
      causes.push(fieldForbidden(at, why));
    }
  }
  const empty = fieldsOf(props.properties).length === 0;
  if (props[embedded] === true && props[preserve] !== true && empty) {
    const why =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    causes.push(fieldRequired(`${path}.properties`, why));
  }
}

function onlyNames(metadata: JsonSchemaProps): boolean {
  const { type: _type, default: _default, properties, ...rest } = metadata;
  if (Object.keys(rest).length > 0) return false;
  return fieldsOf(properties).every(([name]) => name === 'name' || name === 'generateName');
}

function checkRules(
  causes: StatusCause[],
  props: JsonSchemaProps,
  skipAnyOf: boolean,
  skipFirstAllOf: boolean,
  path: string,
): void {
  for (const kind of ['anyOf', 'allOf', 'oneOf'] as const) {
    if (kind === 'anyOf' && skipAnyOf) continue;
    propsList(props[kind]).forEach((nested, i) => {
      const skip = kind === 'allOf' && i === 0 && skipFirstAllOf;
      checkNested(causes, nested, skip, `${path}.${kind}[${i}]`);
    });
  }
  if (isProps(props.not)) checkNested(causes, props.not, false, `${path}.not`);
  if (typeof props.pattern === 'string' && props.pattern !== '') {
    try {
      compilePattern(props.pattern);
    } catch (error) {
      const why = `must be a valid regular expression, but isn't: ${(error as Error).message}`;
      causes.push(fieldInvalid(`${path}.pattern`, props.pattern, why));
    }
  }
}

const forbiddenNested: readonly [string, (value: unknown) => boolean, string][] = [
  ['type', (v) => v !== undefined && v !== '', 'must be empty to be structural'],
  [
    'additionalProperties',
    (v) => v !== undefined && v !== false,
    'must be undefined to be structural',
  ],
  ['default', (v) => v !== undefined, 'must be undefined to be structural'],
  ['title', (v) => v !== undefined && v !== '', 'must be empty to be structural'],
  ['description', (v) => v !== undefined && v !== '', 'must be empty to be structural'],
  ['nullable', (v) => v === true, 'must be false to be structural'],
  [preserve, (v) => v === true, 'must be false to be structural'],
  [embedded, (v) => v === true, 'must be false to be structural'],
  [intOrString, (v) => v === true, 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', notEmpty, 'must be empty to be structural'],
  ['x-kubernetes-list-type', (v) => v !== undefined, 'must be undefined to be structural'],
  ['x-kubernetes-map-type', (v) => v !== undefined, 'must be undefined to be structural'],
  ['x-kubernetes-validations', notEmpty, 'must be empty to be structural'],
];

function notEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** Inside of allOf, anyOf, oneOf and not: restrictions only. */
function checkNested(
  causes: StatusCause[],
  props: JsonSchemaProps,
  skipAnyOf: boolean,
  path: string,
): void {
  checkRules(causes, props, skipAnyOf, false, path);
  if (isProps(props.items)) checkNested(causes, props.items, false, `${path}.items`);
  for (const [name, field] of fieldsOf(props.properties)) {
    checkNested(causes, field, false, `${path}.properties[${name}]`);
    if (name === 'metadata') {
      const why = 'must not be specified in a nested context';
      causes.push(fieldForbidden(`${path}.properties[metadata]`, why));
    }
  }
  for (const [name, broken, why] of forbiddenNested) {
    if (broken(props[name])) causes.push(fieldForbidden(`${path}.${name}`, why));
  }
}

/** Whatever the root's value validation speaks of must be specified outside of it. */
function checkComplete(
  causes: StatusCause[],
  rules: JsonSchemaProps,
  schema: unknown,
  path: string,
  rulesPath: string,
): void {
  const nested: [JsonSchemaProps, string][] = [];
  if (isProps(rules.not)) nested.push([rules.not, `${rulesPath}.not`]);
  for (const kind of ['allOf', 'anyOf', 'oneOf'] as const) {
    propsList(rules[kind]).forEach((each, i) => {
      nested.push([each, `${rulesPath}.${kind}[${i}]`]);
    });
  }
  for (const [each, at] of nested) checkSpecified(causes, each, schema, path, at);
}

function checkSpecified(
  causes: StatusCause[],
  rules: JsonSchemaProps,
  schema: unknown,
  path: string,
  rulesPath: string,
): void {
  if (!isProps(schema)) {
    causes.push(fieldRequired(path, `because it is defined in ${rulesPath}`));
    return;
  }
  checkComplete(causes, rules, schema, path, rulesPath);
  if (isProps(rules.items)) {
    checkSpecified(causes, rules.items, schema.items, `${path}.items`, `${rulesPath}.items`);
  }
  const known = new Map(fieldsOf(schema.properties));
  for (const [name, field] of fieldsOf(rules.properties)) {
    const at = `${path}.properties[${name}]`;
    checkSpecified(causes, field, known.get(name), at, `${rulesPath}.properties[${name}]`);
  }
}
