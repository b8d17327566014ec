import type { Schema, ValidationRule, ValueRules } from '../../schema/schema.ts';

/**
 * The schema of a CustomResourceDefinition's version (JSONSchemaProps, apiextensions.k8s.io/v1) as
 * our own Schema. Whether it may be used is for `definition-schema.ts` to say.
 */
export type JsonSchemaProps = Readonly<Record<string, unknown>>;

/**
 * `x-kubernetes-int-or-string` and schemas without a type give type `any`. Documentation is left out.
 * @param props `spec.versions[].schema.openAPIV3Schema`, known to be structural
 */
export function structuralSchema(props: JsonSchemaProps): Schema {
  const schema: Schema = { type: typeOf(props) };
  copyStrings(schema, props);
  copyExtensions(schema, props);
  if (props.nullable === true) schema.nullable = true;
  if (props.default !== undefined) schema.default = props.default;
  if (Array.isArray(props.enum)) schema.enum = props.enum;
  if (Array.isArray(props.required)) schema.required = props.required as string[];
  if (isProps(props.items)) schema.items = structuralSchema(props.items);
  if (isProps(props.additionalProperties)) {
    schema.additional = structuralSchema(props.additionalProperties);
  } else if (props.additionalProperties === true) {
    schema.additional = { type: 'any', nullable: true };
  }
  if (isProps(props.properties)) {
    const properties: Record<string, Schema> = {};
    for (const [name, value] of Object.entries(props.properties)) {
      if (isProps(value)) properties[name] = structuralSchema(value);
    }
    schema.properties = properties;
  }
  const rules = rulesOf(props);
  if (rules !== undefined) schema.rules = rules;
  return schema;
}

export function isProps(value: unknown): value is JsonSchemaProps {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(props: JsonSchemaProps): Schema['type'] {
  if (props['x-kubernetes-int-or-string'] === true) return 'any';
  return typeof props.type === 'string' ? (props.type as Schema['type']) : 'any';
}

function copyStrings(schema: Schema, props: JsonSchemaProps): void {
  if (typeof props.format === 'string' && props.format !== '') schema.format = props.format;
}

function copyExtensions(schema: Schema, props: JsonSchemaProps): void {
  if (props['x-kubernetes-int-or-string'] === true) schema.intOrString = true;
  if (props['x-kubernetes-preserve-unknown-fields'] === true) schema.preserveUnknown = true;
  if (props['x-kubernetes-embedded-resource'] === true) schema.embedded = true;
  const listType = props['x-kubernetes-list-type'];
  if (listType === 'atomic' || listType === 'set' || listType === 'map') schema.listType = listType;
  const keys = props['x-kubernetes-list-map-keys'];
  if (Array.isArray(keys)) schema.listMapKeys = keys as string[];
  const mapType = props['x-kubernetes-map-type'];
  if (mapType === 'atomic' || mapType === 'granular') schema.mapType = mapType;
}

const plainRules = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const;

function rulesOf(props: JsonSchemaProps): ValueRules | undefined {
  const rules: Record<string, unknown> = {};
  for (const name of plainRules) if (props[name] !== undefined) rules[name] = props[name];
  if (typeof props.pattern === 'string' && props.pattern !== '') rules.pattern = props.pattern;
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) {
    const list = props[name];
    if (Array.isArray(list) && list.length > 0) {
      rules[name] = list.filter(isProps).map(structuralSchema);
    }
  }
  if (isProps(props.not)) rules.not = structuralSchema(props.not);
  const validations = props['x-kubernetes-validations'];
  if (Array.isArray(validations) && validations.length > 0) {
    rules.validations = validations as ValidationRule[];
  }
  return Object.keys(rules).length === 0 ? undefined : (rules as ValueRules);
}
