import type { StatusCause } from '../../object/status-error.ts';
import type { Schema } from '../../schema/schema.ts';
import type { CustomBehaviour } from '../apis/resource.ts';
import { compileExpressions } from '../validation/expressions.ts';
import type { Definition, DefinitionVersion } from './definition.ts';
import type { DefinitionVersions } from './versions.ts';

/** How objects of one version of a definition are pruned, defaulted and judged: compiled once. */
export function makeBehaviour(
  definition: Definition,
  version: DefinitionVersion,
  versions: DefinitionVersions,
): { schema: Schema; behaviour: CustomBehaviour } {
  const name = definition.metadata.name ?? '';
  const { schema, structural } = versions.of(version);
  const expressions = compileExpressions(schema);
  const { group, names } = definition.spec;
  const sent = version.schema?.openAPIV3Schema;
  const apiVersions = new Set(definition.spec.versions.map((one) => `${group}/${one.name}`));
  return {
    schema,
    behaviour: {
      definitionName: name,
      ...(versions.convert === undefined ? {} : { convert: versions.convert }),
      refresh: (object) => versions.refresh(object),
      storedFields: (object) => versions.storedFields(object),
      ...(sent === undefined ? {} : { openAPIV3Schema: sent }),
      hasVersion: (apiVersion) => apiVersions.has(apiVersion),
      applyDefaults: (object, keepNulls) => void structural.applyDefaults(object, keepNulls),
      prune: (object) => structural.prune(object),
      terminating: definition.metadata.deletionTimestamp != null,
      validate(object, old, warn, subresource): StatusCause[] {
        const causes = structural.validate(object, old, subresource);
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
