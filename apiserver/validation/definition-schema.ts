import { fieldForbidden, fieldInvalid } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { isProps, type JsonSchemaProps } from './definition.ts';
import { defaultErrors } from './definition-default-values.ts';
import { ExpressionCheck } from './definition-expressions.ts';
import { type OpenApiOptions, openApiErrors } from './definition-openapi.ts';
import { structuralErrors } from './definition-structure.ts';
import { schemaHas } from './definition-walk.ts';
import { fieldsSet, shownSchema } from './internal-form.ts';

/** What of a schema is asked for: what was wrong before may stay so. */
export interface SchemaOptions extends OpenApiOptions {
  /** Some version that this schema is of has the status subresource. */
  statusSubresource: boolean;
  requireStructural: boolean;
  requirePrunedDefaults: boolean;
  /** The schema is as it was: what its expressions cost each is not looked at. */
  unchanged: boolean;
}

/** Of a new definition. */
export const strictOptions: SchemaOptions = {
  statusSubresource: false,
  requireStructural: true,
  requirePrunedDefaults: true,
  requireValidTypes: true,
  requireAtomicSets: true,
  requireMapKeys: true,
  unchanged: false,
};

/** Fields that may stand beside `properties` at the root when status is a subresource. */
const allowedAtRoot =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations'.split(
    ' ',
  );

/**
 * May a CustomResourceDefinition use this schema? All that is wrong, in upstream's words and order
 * (apiextensions validation validateCustomResourceDefinitionValidation).
 * @param path of the object that holds `openAPIV3Schema`: `spec.validation` when all versions share
 * one schema (upstream's view of a single version too), else `spec.versions[0].schema`
 */
export function validateDefinitionSchema(
  props: JsonSchemaProps,
  path: string,
  options: SchemaOptions,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const at = `${path}.openAPIV3Schema`;
  if (options.statusSubresource) checkRoot(causes, props, at);
  if (props.nullable === true) {
    causes.push(fieldForbidden(`${at}.nullable`, 'nullable cannot be true at the root'));
  }
  let expressions: ExpressionCheck | undefined;
  const odd = options.requireStructural ? unreadable(props) : undefined;
  if (options.requireStructural && odd === undefined) {
    const structure = structuralErrors(props, at);
    const wrong =
      structure.length > 0 ? structure : defaultErrors(props, at, options.requirePrunedDefaults);
    causes.push(...wrong);
    if (wrong.length === 0) expressions = new ExpressionCheck(options.unchanged);
  }
  causes.push(...openApiErrors(props, at, options, expressions));
  if (odd !== undefined && causes.length === 0) causes.push(fieldInvalid(at, '', odd));
  causes.push(...(expressions?.costs.causes(at) ?? []));
  return causes;
}

function checkRoot(causes: StatusCause[], props: JsonSchemaProps, at: string): void {
  for (const name of fieldsSet(props)) {
    if (name === 'Type') {
      if (props.type === 'object') continue;
      const why = `only "object" is allowed as the type at the root of the schema if the status subresource is enabled`;
      causes.push(fieldInvalid(`${at}.type`, props.type, why));
      return;
    }
    if (allowedAtRoot.includes(name)) continue;
    const allowed = `[${allowedAtRoot.join(' ')}]`;
    const why = `only ${allowed} fields are allowed at the root of the schema if the status subresource is enabled`;
    causes.push(fieldInvalid(at, shownSchema(props), why));
    return;
  }
}

const used = (value: unknown): boolean => isProps(value) && Object.keys(value).length > 0;

const unsupported: readonly [field: string, isUsed: (value: unknown) => boolean][] = [
  ['id', Boolean],
  ['$schema', Boolean],
  ['$ref', Boolean],
  ['patternProperties', used],
  ['dependencies', used],
  ['additionalItems', (value) => value !== undefined],
  ['definitions', used],
];

/** Why a schema cannot even be looked at as a structural one (schema NewStructural). */
export function unreadable(props: JsonSchemaProps): string | undefined {
  let why: string | undefined;
  schemaHas(props, (each) => {
    const field = unsupported.find(([name, isUsed]) => isUsed(each[name]))?.[0];
    if (field !== undefined) why = `OpenAPIV3Schema '${field.replace('$s', 's')}' is not supported`;
    else if (each['x-kubernetes-preserve-unknown-fields'] === false) {
      why = "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
    } else if (Array.isArray(each.items) && each.items.length > 0) {
      why = "OpenAPIV3Schema 'items' must be a schema, but is an array";
    }
    return why !== undefined;
  });
  return why;
}
