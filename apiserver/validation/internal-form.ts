import type { ValidationRule } from '../../schema/schema.ts';
import { isProps, type JsonSchemaProps } from './definition.ts';

/**
 * Parts of a definition as upstream's messages show them: the structs of its internal form, whose
 * fields have Go's names and are all there (apiextensions types.go, types_jsonschema.go).
 */

type Show = (value: unknown) => unknown;

const text: Show = (value) => value ?? '';
const flag: Show = (value) => value ?? false;
const pointer: Show = (value) => value ?? null;
const list: Show = (value) => (Array.isArray(value) && value.length > 0 ? value : null);
const schema: Show = (value) => (isProps(value) ? shownSchema(value) : null);
const schemas: Show = (value) =>
  Array.isArray(value) && value.length > 0 ? value.map(schema) : null;
const byName: Show = (value) => {
  if (!isProps(value) || Object.keys(value).length === 0) return null;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, schema(value[name])]));
};
export const shownItems: Show = (value) => {
  if (value === undefined) return null;
  return Array.isArray(value)
    ? { Schema: null, JSONSchemas: schemas(value) }
    : { Schema: schema(value), JSONSchemas: null };
};
const orFlag: Show = (value) =>
  value === undefined ? null : { Allows: value !== false, Schema: schema(value) };
const docs: Show = (value) =>
  isProps(value) ? { Description: text(value.description), URL: text(value.url) } : null;
const rules: Show = (value) =>
  Array.isArray(value) && value.length > 0 ? value.map((rule) => shownRule(rule)) : null;
const dependencies: Show = (value) => {
  if (!isProps(value)) return null;
  const names = Object.keys(value).sort();
  const shown = (each: unknown): unknown =>
    Array.isArray(each)
      ? { Schema: null, Property: each }
      : { Schema: schema(each), Property: null };
  return Object.fromEntries(names.map((name) => [name, shown(value[name])]));
};

/** In the order of the struct. */
const fields: readonly [go: string, json: string, show: Show][] = [
  ['ID', 'id', text],
  ['Schema', '$schema', text],
  ['Ref', '$ref', pointer],
  ['Description', 'description', text],
  ['Type', 'type', text],
  ['Nullable', 'nullable', flag],
  ['Format', 'format', text],
  ['Title', 'title', text],
  ['Default', 'default', pointer],
  ['Maximum', 'maximum', pointer],
  ['ExclusiveMaximum', 'exclusiveMaximum', flag],
  ['Minimum', 'minimum', pointer],
  ['ExclusiveMinimum', 'exclusiveMinimum', flag],
  ['MaxLength', 'maxLength', pointer],
  ['MinLength', 'minLength', pointer],
  ['Pattern', 'pattern', text],
  ['MaxItems', 'maxItems', pointer],
  ['MinItems', 'minItems', pointer],
  ['UniqueItems', 'uniqueItems', flag],
  ['MultipleOf', 'multipleOf', pointer],
  ['Enum', 'enum', list],
  ['MaxProperties', 'maxProperties', pointer],
  ['MinProperties', 'minProperties', pointer],
  ['Required', 'required', list],
  ['Items', 'items', shownItems],
  ['AllOf', 'allOf', schemas],
  ['OneOf', 'oneOf', schemas],
  ['AnyOf', 'anyOf', schemas],
  ['Not', 'not', schema],
  ['Properties', 'properties', byName],
  ['AdditionalProperties', 'additionalProperties', orFlag],
  ['PatternProperties', 'patternProperties', byName],
  ['Dependencies', 'dependencies', dependencies],
  ['AdditionalItems', 'additionalItems', orFlag],
  ['Definitions', 'definitions', byName],
  ['ExternalDocs', 'externalDocs', docs],
  ['Example', 'example', pointer],
  ['XPreserveUnknownFields', 'x-kubernetes-preserve-unknown-fields', pointer],
  ['XEmbeddedResource', 'x-kubernetes-embedded-resource', flag],
  ['XIntOrString', 'x-kubernetes-int-or-string', flag],
  ['XListMapKeys', 'x-kubernetes-list-map-keys', list],
  ['XListType', 'x-kubernetes-list-type', pointer],
  ['XMapType', 'x-kubernetes-map-type', pointer],
  ['XValidations', 'x-kubernetes-validations', rules],
];

export function shownSchema(props: JsonSchemaProps): Record<string, unknown> {
  return Object.fromEntries(fields.map(([go, json, show]) => [go, show(props[json])]));
}

/** Names of the fields that are set, Go's, in the struct's order. */
export function fieldsSet(props: JsonSchemaProps): string[] {
  const empty: unknown[] = [null, '', false];
  return fields
    .filter(([, json, show]) => {
      const sent = props[json];
      // a pointer to false is there
      if (show === pointer) return sent !== undefined && sent !== null;
      return !empty.includes(show(sent) as null);
    })
    .map(([go]) => go);
}

export function shownRule(rule: ValidationRule): Record<string, unknown> {
  return {
    Rule: rule.rule ?? '',
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}
