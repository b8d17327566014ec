import { deepCopy } from '../../object/copy.ts';
import { deepEqual } from '../../object/equal.ts';
import { fieldInvalid } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema } from '../../schema/schema.ts';
import { isProps, type JsonSchemaProps, structuralSchema } from './definition.ts';
import { coerceEmbedded, validateEmbedded } from './embedded.ts';
import { compileExpressions } from './expressions.ts';
import { pruneUnknown } from './prune.ts';
import { compileValues } from './structural.ts';

/**
 * Defaults must be valid by their own schema, and without fields that pruning would take. Source:
 * apiextensions-apiserver schema/defaulting/validation.go.
 */
export function defaultErrors(
  props: JsonSchemaProps,
  path: string,
  requirePruned: boolean,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const root = { ...props, 'x-kubernetes-embedded-resource': true };
  visit(causes, root, path, { root, wrap: asObject, inMeta: false, requirePruned });
  return causes;
}

type Fields = Record<string, unknown>;

interface Around {
  /** The nearest whole object above, or this itself. */
  root: JsonSchemaProps;
  /** That object, with nothing in it but a value here. */
  wrap(value: unknown): Fields;
  /** Inside of its apiVersion, kind or metadata. */
  inMeta: boolean;
  requirePruned: boolean;
}

function asObject(value: unknown): Fields {
  return { apiVersion: 'validation/v1', kind: 'Validation', ...(value as Fields) };
}

function visit(causes: StatusCause[], props: JsonSchemaProps, path: string, above: Around): void {
  const whole = props['x-kubernetes-embedded-resource'] === true;
  const around = whole ? { ...above, root: props, wrap: asObject, inMeta: false } : above;
  if (props.default !== undefined) {
    const found = around.inMeta
      ? metaErrors(props, `${path}.default`, around)
      : valueErrors(props, `${path}.default`, around);
    causes.push(...found);
  }
  const { items, properties } = props;
  if (isProps(items)) {
    const wrap = (value: unknown): Fields => around.wrap([value]);
    visit(causes, items, `${path}.items`, { ...around, wrap });
  }
  if (!isProps(properties)) return;
  for (const [name, field] of Object.entries(properties)) {
    if (!isProps(field)) continue;
    const meta = whole && (name === 'metadata' || name === 'apiVersion' || name === 'kind');
    const wrap = (value: unknown): Fields => around.wrap({ [name]: value });
    const inMeta = around.inMeta || meta;
    visit(causes, field, `${path}.properties[${name}]`, { ...around, wrap, inMeta });
  }
}

/** What stands in metadata is judged by what the whole object becomes with it. */
function metaErrors(props: JsonSchemaProps, at: string, { root, wrap }: Around): StatusCause[] {
  const object = wrap(deepCopy(props.default));
  const schema = structuralSchema(root);
  const wrong = coerceEmbedded(object, schema);
  const found = wrong === undefined ? embeddedErrors(object, schema) : [wrong];
  if (found.length === 0) return schemaErrors(props, at, false);
  const said = found.map(({ field, message }) => `${field}: ${message}`);
  const text = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
  return [fieldInvalid(at, props.default, `must result in valid metadata: ${text}`)];
}

function embeddedErrors(object: unknown, schema: Schema): StatusCause[] {
  const causes: StatusCause[] = [];
  validateEmbedded(causes, object, schema, true);
  return causes;
}

function valueErrors(props: JsonSchemaProps, at: string, around: Around): StatusCause[] {
  const causes: StatusCause[] = [];
  const schema = structuralSchema(props);
  const value = deepCopy(props.default);
  // first, for what is told of the value has its metadata as it was read
  const wrong = coerceEmbedded(value, schema);
  if (around.requirePruned) {
    // The value sits below a root, so that lists and scalars can be pruned and judged alike.
    const holder = { default: deepCopy(value) };
    pruneUnknown(holder, { type: 'object', properties: { default: schema } });
    if (!deepEqual(holder.default, value)) {
      causes.push(fieldInvalid(at, value, 'must not have unknown fields'));
    }
  }
  const found = wrong === undefined ? embeddedErrors(value, schema) : [wrong];
  if (found.length > 0) return [...causes, ...found.map((cause) => below(at, cause))];
  return [...causes, ...schemaErrors(props, at, props === around.root)];
}

/** By the schema, then by its expressions: as what was there before, and as what is new. */
function schemaErrors(props: JsonSchemaProps, at: string, resource: boolean): StatusCause[] {
  const schema = structuralSchema(props);
  const value = props.default;
  const causes = compileValues(schema)(value);
  // upstream makes a name of a list's position here
  if (causes.length > 0) return causes.map((cause) => below(at, cause, '.'));
  const expressions = compileExpressions(schema, resource);
  if (!expressions.empty) {
    causes.push(...expressions.validate(value, value));
    if (causes.length === 0) causes.push(...expressions.validate(value, undefined));
  }
  return causes.map((cause) => below(at, cause));
}

function below(at: string, cause: StatusCause, beforePosition = ''): StatusCause {
  const { field = '' } = cause;
  if (field === '' || field === '<nil>') return { ...cause, field: at };
  const step = field.startsWith('[') ? beforePosition : '.';
  return { ...cause, field: `${at}${step}${field}` };
}
