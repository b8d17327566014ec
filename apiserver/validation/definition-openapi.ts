import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { isProps, type JsonSchemaProps } from './definition.ts';

/**
 * What a CustomResourceDefinition's schema may not use, beyond being structural.
 * Source: apiextensions-apiserver apis/apiextensions/validation.
 */
export function openApiErrors(props: JsonSchemaProps, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  visit(causes, props, path, { root: true, inMeta: false, noDefaults: undefined });
  return causes;
}

interface Where {
  root: boolean;
  /** Inside of metadata, apiVersion or kind. */
  inMeta: boolean;
  /** Why there may be no default here. */
  noDefaults: string | undefined;
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const metaFields = new Set(['metadata', 'apiVersion', 'kind']);

const unsupported: readonly [string, (value: unknown) => boolean][] = [
  ['id', (v) => v !== undefined && v !== ''],
  ['additionalItems', (v) => v !== undefined],
  ['patternProperties', (v) => isProps(v) && Object.keys(v).length > 0],
  ['definitions', (v) => isProps(v) && Object.keys(v).length > 0],
  ['dependencies', (v) => v !== undefined],
  ['$ref', (v) => v !== undefined],
];

function visit(causes: StatusCause[], props: JsonSchemaProps, path: string, where: Where): void {
  checkSupport(causes, props, path, where);
  const { additionalProperties, properties, items } = props;
  const inner: Where = { ...where, root: false };
  if (additionalProperties !== undefined) {
    const some = isProps(properties) && Object.keys(properties).length > 0;
    if (some && additionalProperties !== true) {
      const why = 'additionalProperties and properties are mutual exclusive';
      causes.push(fieldForbidden(`${path}.additionalProperties`, why));
    }
    const reason = 'inside additionalProperties applying to object metadata';
    const below = where.inMeta ? { ...inner, noDefaults: reason } : inner;
    if (isProps(additionalProperties)) {
      visit(causes, additionalProperties, `${path}.additionalProperties`, below);
    }
  }
  const meta = where.root || props['x-kubernetes-embedded-resource'] === true;
  for (const [name, field] of Object.entries(isProps(properties) ? properties : {})) {
    if (!isProps(field)) continue;
    let below = inner;
    if (meta && metaFields.has(name)) {
      const noDefaults = where.root ? `in top-level ${name}` : inner.noDefaults;
      below = { ...inner, inMeta: true, noDefaults };
    }
    visit(causes, field, `${path}.properties[${name}]`, below);
  }
  if (isProps(props.not)) visit(causes, props.not, `${path}.not`, inner);
  for (const kind of ['allOf', 'oneOf', 'anyOf']) {
    const list = props[kind];
    if (!Array.isArray(list)) continue;
    list.forEach((each, i) => {
      if (isProps(each)) visit(causes, each, `${path}.${kind}[${i}]`, inner);
    });
  }
  if (isProps(items)) visit(causes, items, `${path}.items`, inner);
  checkExtensions(causes, props, path);
}

function checkSupport(
  causes: StatusCause[],
  props: JsonSchemaProps,
  path: string,
  where: Where,
): void {
  if (where.noDefaults !== undefined && props.default !== undefined) {
    causes.push(fieldForbidden(`${path}.default`, `must not be set ${where.noDefaults}`));
  }
  for (const [name, used] of unsupported) {
    if (used(props[name]))
      causes.push(fieldForbidden(`${path}.${name}`, `${name} is not supported`));
  }
  if (props.type === 'null') {
    const why = 'type cannot be set to null, use nullable as an alternative';
    causes.push(fieldForbidden(`${path}.type`, why));
  }
  if (Array.isArray(props.items)) {
    const why = 'items must be a schema object and not an array';
    causes.push(fieldForbidden(`${path}.items`, why));
  }
  if (where.inMeta && props['x-kubernetes-embedded-resource'] === true) {
    const why = 'must not be used inside of resource meta';
    causes.push(fieldForbidden(`${path}.x-kubernetes-embedded-resource`, why));
  }
  if (props.type !== undefined && props.type !== '' && !types.includes(props.type as string)) {
    causes.push(fieldNotSupported(`${path}.type`, props.type, types));
  }
  if (props.uniqueItems === true) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    causes.push(fieldForbidden(`${path}.uniqueItems`, why));
  }
}

function checkExtensions(causes: StatusCause[], props: JsonSchemaProps, path: string): void {
  if (props['x-kubernetes-preserve-unknown-fields'] === false) {
    const at = `${path}.x-kubernetes-preserve-unknown-fields`;
    causes.push(fieldInvalid(at, false, 'must be true or undefined'));
  }
  const mapType = props['x-kubernetes-map-type'];
  if (mapType !== undefined) {
    needsType(causes, props, path, 'object', 'x-kubernetes-map-type');
    oneOf(causes, `${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']);
  }
  const listType = props['x-kubernetes-list-type'];
  if (listType !== undefined) {
    needsType(causes, props, path, 'array', 'x-kubernetes-list-type');
    if (props.type === 'array' && listType === 'set') checkSetItems(causes, props, path);
    oneOf(causes, `${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']);
  }
  const keys = props['x-kubernetes-list-map-keys'];
  if (Array.isArray(keys) && keys.length > 0 && listType !== 'map') {
    const at = `${path}.x-kubernetes-list-type`;
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    causes.push(listType === undefined ? fieldRequired(at, why) : fieldInvalid(at, listType, why));
  }
  if (listType === 'map') checkMapList(causes, props, path, namesOf(keys));
  checkIdentities(causes, props, path, namesOf(keys));
  checkValidations(causes, props['x-kubernetes-validations'], `${path}.x-kubernetes-validations`);
}

function namesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function needsType(
  causes: StatusCause[],
  props: JsonSchemaProps,
  path: string,
  type: string,
  extension: string,
): void {
  if (props.type === type) return;
  const why = `must be ${type} if ${extension} is specified`;
  const at = `${path}.type`;
  causes.push(props.type ? fieldInvalid(at, props.type, why) : fieldRequired(at, why));
}

function oneOf(causes: StatusCause[], path: string, value: unknown, known: string[]): void {
  if (!known.includes(value as string)) causes.push(fieldNotSupported(path, value, known));
}

function checkSetItems(causes: StatusCause[], { items }: JsonSchemaProps, path: string): void {
  if (!isProps(items)) return;
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic') {
    causes.push(fieldInvalid(`${path}.items.x-kubernetes-list-type`, listType, why));
  }
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    // Upstream shows the list type here.
    causes.push(fieldInvalid(`${path}.items.x-kubernetes-map-type`, listType ?? null, why));
  }
}

function checkMapList(
  causes: StatusCause[],
  { items }: JsonSchemaProps,
  path: string,
  keys: readonly string[],
): void {
  const keysPath = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) {
    causes.push(fieldRequired(keysPath, 'must not be empty if x-kubernetes-list-type is map'));
  }
  if (!isProps(items)) {
    const why = 'must have a schema if x-kubernetes-list-type is map';
    causes.push(fieldRequired(`${path}.items`, why));
    return;
  }
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    causes.push(fieldInvalid(`${path}.items.type`, items.type ?? '', why));
    return;
  }
  const properties = isProps(items.properties) ? items.properties : {};
  const seen = new Set<string>();
  for (const key of keys) {
    const field = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!isProps(field)) {
      causes.push(fieldInvalid(keysPath, keys, 'entries must all be names of item properties'));
    } else if (field.type === 'array' || field.type === 'object') {
      const why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      causes.push(fieldInvalid(`${path}.items.properties[${key}].type`, items.type, why));
    }
    if (seen.has(key))
      causes.push(fieldInvalid(keysPath, keys, 'must not contain duplicate entries'));
    seen.add(key);
  }
}

/** Elements of sets and maps must have an identity that is always there. */
function checkIdentities(
  causes: StatusCause[],
  props: JsonSchemaProps,
  path: string,
  keys: readonly string[],
): void {
  const { items } = props;
  const listType = props['x-kubernetes-list-type'];
  if (!isProps(items) || (listType !== 'set' && listType !== 'map')) return;
  if (items.nullable === true) {
    const why = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    causes.push(fieldForbidden(`${path}.items.nullable`, why));
  }
  if (listType !== 'map') return;
  const needed = Array.isArray(items.required) ? items.required : [];
  for (const key of keys) {
    const field = isProps(items.properties) ? items.properties[key] : undefined;
    if (!isProps(field)) continue;
    const at = `${path}.items.properties[${key}]`;
    const subject = 'this property is in x-kubernetes-list-map-keys, so it';
    if (!needed.includes(key) && field.default === undefined) {
      const why = `${subject} must have a default or be a required property`;
      causes.push(fieldRequired(`${at}.default`, why));
    }
    if (field.nullable === true) {
      causes.push(fieldForbidden(`${at}.nullable`, `${subject} cannot be nullable`));
    }
  }
}

function checkValidations(causes: StatusCause[], validations: unknown, path: string): void {
  if (!Array.isArray(validations)) return;
  validations.filter(isProps).forEach((validation, i) => {
    const at = `${path}[${i}]`;
    const rule = textOf(validation.rule).trim();
    const message = textOf(validation.message);
    if (rule === '') {
      causes.push(fieldRequired(`${at}.rule`, 'rule is not specified'));
    } else if (message !== '' && message.trim() === '') {
      const why = 'message must be non-empty if specified';
      causes.push(fieldInvalid(`${at}.message`, message, why));
    } else if (message.trim().includes('\n')) {
      causes.push(fieldInvalid(`${at}.message`, message, 'message must not contain line breaks'));
    } else if (rule.includes('\n') && message.trim() === '') {
      const why = 'message must be specified if rule contains line breaks';
      causes.push(fieldRequired(`${at}.message`, why));
    }
  });
}
