import type { StatusCause } from '../../object/status-error.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import type { Schema } from '../../schema/schema.ts';
import type { CustomBehaviour } from '../apis/resource.ts';
import { structuralSchema } from '../validation/definition.ts';
import { compileExpressions } from '../validation/expressions.ts';
import { compileStructural } from '../validation/structural.ts';
import type { Definition, DefinitionVersion } from './definition.ts';

/** How objects of one version of a definition are pruned, defaulted and judged: compiled once. */
export function makeBehaviour(
  definition: Definition,
  version: DefinitionVersion,
): { schema: Schema; behaviour: CustomBehaviour } {
  const name = definition.metadata.name ?? '';
  const schema = objectSchema(version);
  const structural = compileStructural(schema);
  const expressions = compileExpressions(schema);
  const { group, names } = definition.spec;
  const sent = version.schema?.openAPIV3Schema;
  return {
    schema,
    behaviour: {
      definitionName: name,
      conversion: definition.spec.conversion?.strategy ?? 'None',
      ...(sent === undefined ? {} : { openAPIV3Schema: sent }),
      applyDefaults: (object) => structural.applyDefaults(object),
      prune: (object) => structural.prune(object),
      terminating: definition.metadata.deletionTimestamp != null,
      validate(object, old, warn): StatusCause[] {
        const causes = structural.validate(object, old);
        if (expressions.empty) return causes;
        // rules may rely on what the schema promises: they wait until it holds
        if (causes.some(blocksRules)) return [...causes, rulesNotChecked];
        return [...causes, ...expressions.validate(object, old, warn)];
      },
      ...(version.deprecated === true
        ? {
            deprecationWarning:
              version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`,
          }
        : {}),
    },
  };
}

const blocking = new Set([
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

function blocksRules({ reason }: StatusCause): boolean {
  return reason !== undefined && blocking.has(reason);
}

const rulesNotChecked: StatusCause = {
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  field: '<nil>',
};

/** The version's schema with what every object has besides: apiVersion, kind, metadata. */
function objectSchema(version: DefinitionVersion): Schema {
  const sent = version.schema?.openAPIV3Schema;
  const own: Schema =
    sent === undefined ? { type: 'object', preserveUnknown: true } : structuralSchema(sent);
  return {
    ...own,
    properties: {
      ...own.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: builtInSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'),
    },
  };
}
