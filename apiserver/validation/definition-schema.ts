import { deepCopy } from '../../object/copy.ts';
import { deepEqual } from '../../object/equal.ts';
import { fieldForbidden, fieldInvalid } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { isProps, type JsonSchemaProps, structuralSchema } from './definition.ts';
import { openApiErrors } from './definition-openapi.ts';
import { structuralErrors } from './definition-structure.ts';
import { pruneUnknown } from './prune.ts';
import { compileStructural } from './structural.ts';

/** Fields that may stand beside `properties` at the root when status is a subresource. */
const allowedAtRoot: Record<string, string> = {
  description: 'Description',
  type: 'Type',
  format: 'Format',
  title: 'Title',
  maximum: 'Maximum',
  exclusiveMaximum: 'ExclusiveMaximum',
  minimum: 'Minimum',
  exclusiveMinimum: 'ExclusiveMinimum',
  maxLength: 'MaxLength',
  minLength: 'MinLength',
  pattern: 'Pattern',
  maxItems: 'MaxItems',
  minItems: 'MinItems',
  uniqueItems: 'UniqueItems',
  multipleOf: 'MultipleOf',
  required: 'Required',
  items: 'Items',
  properties: 'Properties',
  externalDocs: 'ExternalDocs',
  example: 'Example',
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
};

/**
 * May a CustomResourceDefinition use this schema? All that is wrong, in upstream's words; CEL rules
 * are only looked at, not compiled.
 * @param path of the object that holds `openAPIV3Schema`: `spec.validation` when all versions share
 * one schema (upstream's view of a single version too), else `spec.versions[0].schema`
 */
export function validateDefinitionSchema(
  props: JsonSchemaProps,
  path: string,
  { statusSubresource }: { statusSubresource: boolean },
): StatusCause[] {
  const causes: StatusCause[] = [];
  const at = `${path}.openAPIV3Schema`;
  if (statusSubresource) checkRoot(causes, props, path);
  if (props.nullable === true) {
    causes.push(fieldForbidden(`${at}.nullable`, 'nullable cannot be true at the root'));
  }
  const structure = structuralErrors(props, at);
  causes.push(...structure);
  if (structure.length === 0) checkDefaults(causes, props, at, true);
  causes.push(...openApiErrors(props, at));
  return causes;
}

function checkRoot(causes: StatusCause[], props: JsonSchemaProps, path: string): void {
  for (const name of Object.keys(props)) {
    if (name === 'type') {
      if (props.type === 'object' || props.type === '') continue;
      const why = `only "object" is allowed as the type at the root of the schema if the status subresource is enabled`;
      causes.push(fieldInvalid(`${path}.openAPIV3Schema.type`, props.type, why));
      return;
    }
    if (Object.hasOwn(allowedAtRoot, name) || props[name] === false) continue;
    const allowed = `[${Object.values(allowedAtRoot).join(' ')}]`;
    const why = `only ${allowed} fields are allowed at the root of the schema if the status subresource is enabled`;
    causes.push(fieldInvalid(`${path}.openAPIV3Schema`, props, why));
    return;
  }
}

/** Defaults must be valid by their own schema, and without fields that pruning would take. */
function checkDefaults(
  causes: StatusCause[],
  props: JsonSchemaProps,
  path: string,
  root: boolean,
): void {
  if (props.default !== undefined) checkDefault(causes, props, `${path}.default`);
  if (isProps(props.items)) checkDefaults(causes, props.items, `${path}.items`, false);
  if (!isProps(props.properties)) return;
  const embedded = root || props['x-kubernetes-embedded-resource'] === true;
  for (const [name, field] of Object.entries(props.properties)) {
    const meta = embedded && (name === 'metadata' || name === 'apiVersion' || name === 'kind');
    if (isProps(field) && !meta) {
      checkDefaults(causes, field, `${path}.properties[${name}]`, false);
    }
  }
}

function checkDefault(causes: StatusCause[], props: JsonSchemaProps, path: string): void {
  const schema = structuralSchema(props);
  // The value sits below a root, so that lists and scalars can be pruned and judged alike.
  const holder = { default: deepCopy(props.default) };
  const around = { type: 'object', properties: { default: schema } } as const;
  pruneUnknown(holder, around);
  if (!deepEqual(holder.default, props.default)) {
    causes.push(fieldInvalid(path, props.default, 'must not have unknown fields'));
    return;
  }
  for (const cause of compileStructural(around).validate({ default: props.default })) {
    const below = (cause.field ?? '').startsWith('default') ? cause.field?.slice(7) : '';
    causes.push({ ...cause, field: `${path}${below}` });
  }
}
