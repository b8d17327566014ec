import { fieldForbidden, fieldInvalid, fieldNotSupported } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { isProps, type JsonSchemaProps } from './definition.ts';
import { type Times, times } from './definition-costs.ts';
import type { ExpressionCheck } from './definition-expressions.ts';
import { checkLists, type ListOptions, needsType, oneOf } from './definition-lists.ts';
import { checkValidations } from './definition-rules.ts';
import { listOf } from './definition-walk.ts';

/**
 * What a CustomResourceDefinition's schema may not use, beyond being structural; then its CEL rules.
 * Source: apiextensions-apiserver apis/apiextensions/validation ValidateCustomResourceDefinitionOpenAPISchema.
 */

export interface OpenApiOptions extends ListOptions {
  /** Types are those of OpenAPI v3. */
  requireValidTypes: boolean;
}

/** @param expressions undefined: rules are not compiled */
export function openApiErrors(
  props: JsonSchemaProps,
  path: string,
  options: OpenApiOptions,
  expressions: ExpressionCheck | undefined,
): StatusCause[] {
  const visitor = new Visitor(options, expressions);
  const where: Where = {
    root: true,
    inMeta: false,
    noDefaults: '',
    uncorrelated: '',
    nested: false,
    times: 1n,
  };
  visitor.visit(props, path, where);
  return [...visitor.causes, ...(expressions?.causes ?? [])];
}

interface Where {
  root: boolean;
  /** Inside of metadata, apiVersion or kind. */
  inMeta: boolean;
  /** Why there may be no default here. */
  noDefaults: string;
  /** Of the first map or list above whose old and new elements do not correspond. */
  uncorrelated: string;
  /** Inside of what is no schema of a value: of allOf, not and so on. */
  nested: boolean;
  /** How often a value may be there. */
  times: Times;
}

export const openApiTypes = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const metaFields = new Set(['metadata', 'apiVersion', 'kind']);

const unsupported: readonly [string, (value: unknown) => boolean][] = [
  ['id', (v) => v !== undefined && v !== ''],
  ['additionalItems', (v) => v !== undefined],
  ['patternProperties', (v) => isProps(v) && Object.keys(v).length > 0],
  ['definitions', (v) => isProps(v) && Object.keys(v).length > 0],
  ['dependencies', (v) => v !== undefined],
  ['$ref', (v) => v !== undefined],
];

class Visitor {
  readonly causes: StatusCause[] = [];
  readonly #options: OpenApiOptions;
  readonly #expressions: ExpressionCheck | undefined;

  constructor(options: OpenApiOptions, expressions: ExpressionCheck | undefined) {
    this.#options = options;
    this.#expressions = expressions;
  }

  visit(props: JsonSchemaProps, path: string, where: Where): void {
    const before = this.causes.length;
    checkSupport(this.causes, props, path, where, this.#options.requireValidTypes);
    const inner: Where = { ...where, root: false, times: timesBelow(props, where.times) };
    const nested: Where = { ...inner, nested: true };
    this.#visitFields(props, path, where, inner);
    if (isProps(props.not)) this.visit(props.not, `${path}.not`, nested);
    for (const kind of ['allOf', 'oneOf', 'anyOf']) {
      for (const [i, each] of listOf(props[kind]).entries()) {
        this.visit(each, `${path}.${kind}[${i}]`, nested);
      }
    }
    this.#visitMap(props.definitions, `${path}.definitions`, nested);
    this.#visitItems(props, path, inner);
    this.#visitMap(props.dependencies, `${path}.dependencies`, nested);
    checkExtensions(this.causes, props, path);
    checkLists(this.causes, props, path, this.#options);
    checkValidations(this.causes, props, path);
    // an expression tells nothing of use about a schema that is wrong here or below
    if (where.nested || this.causes.length > before) return;
    const resource = where.root || props['x-kubernetes-embedded-resource'] === true;
    const { uncorrelated, times } = where;
    this.#expressions?.check(props, { path, resource, uncorrelated, times });
  }

  #visitFields(props: JsonSchemaProps, path: string, where: Where, inner: Where): void {
    const { additionalProperties, properties } = props;
    const fields = Object.entries(isProps(properties) ? properties : {});
    if (fields.length > 0 && additionalProperties !== undefined && additionalProperties !== true) {
      const why = 'additionalProperties and properties are mutual exclusive';
      this.causes.push(fieldForbidden(`${path}.additionalProperties`, why));
    }
    if (isProps(additionalProperties)) {
      const reason = 'inside additionalProperties applying to object metadata';
      const below = where.inMeta ? { ...inner, noDefaults: reason } : inner;
      this.visit(additionalProperties, `${path}.additionalProperties`, below);
    }
    const mapType = props['x-kubernetes-map-type'];
    const known = mapType === undefined || mapType === 'granular' || mapType === 'atomic';
    const uncorrelated = inner.uncorrelated || (known ? '' : path);
    const meta = where.root || props['x-kubernetes-embedded-resource'] === true;
    for (const [name, field] of fields) {
      if (!isProps(field)) continue;
      let below: Where = { ...inner, uncorrelated };
      if (meta && metaFields.has(name)) {
        const noDefaults = where.root ? `in top-level ${name}` : inner.noDefaults;
        below = { ...below, inMeta: true, noDefaults };
      }
      this.visit(field, `${path}.properties[${name}]`, below);
    }
  }

  /** Only elements of lists of type map can be told apart over time. */
  #visitItems(props: JsonSchemaProps, path: string, inner: Where): void {
    const { items } = props;
    const keyed = props['x-kubernetes-list-type'] === 'map';
    const below = { ...inner, uncorrelated: inner.uncorrelated || (keyed ? '' : path) };
    if (isProps(items)) this.visit(items, `${path}.items`, below);
    else {
      for (const [i, each] of listOf(items).entries()) {
        this.visit(each, `${path}.items[${i}]`, below);
      }
    }
  }

  #visitMap(map: unknown, path: string, inner: Where): void {
    for (const [name, each] of Object.entries(isProps(map) ? map : {})) {
      if (isProps(each)) this.visit(each, `${path}[${name}]`, inner);
    }
  }
}

/** How often what a schema holds may be there, where that itself may be so often. */
function timesBelow(
  { type, additionalProperties, ...props }: JsonSchemaProps,
  above: Times,
): Times {
  const isMap = type === 'object' && additionalProperties !== undefined;
  if (!isMap && type !== 'array') return above;
  const most = isMap ? props.maxProperties : props.maxItems;
  if (above === undefined || typeof most !== 'number') return undefined;
  return times(above, BigInt(Math.max(0, most)));
}

function checkSupport(
  causes: StatusCause[],
  props: JsonSchemaProps,
  path: string,
  where: Where,
  requireValidTypes: boolean,
): void {
  const { type } = props;
  const forbid = (field: string, why: string): void => {
    causes.push(fieldForbidden(`${path}.${field}`, why));
  };
  if (
    requireValidTypes &&
    type !== undefined &&
    type !== '' &&
    !openApiTypes.includes(type as string)
  ) {
    causes.push(fieldNotSupported(`${path}.type`, type, openApiTypes));
  }
  if (where.noDefaults !== '' && props.default !== undefined) {
    forbid('default', `must not be set ${where.noDefaults}`);
  }
  for (const [name, used] of unsupported) {
    if (used(props[name])) forbid(name, `${name} is not supported`);
  }
  if (type === 'null') {
    forbid('type', 'type cannot be set to null, use nullable as an alternative');
  }
  if (Array.isArray(props.items) && props.items.length > 0) {
    forbid('items', 'items must be a schema object and not an array');
  }
  if (where.inMeta && props['x-kubernetes-embedded-resource'] === true) {
    forbid('x-kubernetes-embedded-resource', 'must not be used inside of resource meta');
  }
  if (props.uniqueItems === true) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    forbid('uniqueItems', why);
  }
}

function checkExtensions(causes: StatusCause[], props: JsonSchemaProps, path: string): void {
  if (props['x-kubernetes-preserve-unknown-fields'] === false) {
    const at = `${path}.x-kubernetes-preserve-unknown-fields`;
    causes.push(fieldInvalid(at, false, 'must be true or undefined'));
  }
  const mapType = props['x-kubernetes-map-type'];
  if (mapType === undefined) return;
  needsType(causes, props, path, 'object', 'x-kubernetes-map-type');
  oneOf(causes, `${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']);
}
