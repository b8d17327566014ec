import type { StatusCause } from '../../object/status-error.ts';
import type { Schema } from '../../schema/schema.ts';
import type { CustomBehaviour } from '../apis/resource.ts';
import { compareVersions } from '../discovery/priorities.ts';
import { compileExpressions } from '../validation/expressions.ts';
import type { Definition, DefinitionVersion } from './definition.ts';
import { type DefinitionVersions, ownershipSchema } from './versions.ts';

/** How objects of one version of a definition are pruned, defaulted and judged: compiled once. */
export function makeBehaviour(
  definition: Definition,
  version: DefinitionVersion,
  versions: DefinitionVersions,
): { schema: Schema; behaviour: CustomBehaviour } {
  const name = definition.metadata.name ?? '';
  const { schema, structural } = versions.of(version);
  const expressions = compileExpressions(schema);
  const { group } = definition.spec;
  const sent = version.schema?.openAPIV3Schema;
  const withRules = (
    causes: StatusCause[],
    ...change: Parameters<typeof expressions.validate>
  ): StatusCause[] => {
    if (expressions.empty) return causes;
    // rules may rely on what the schema promises: they wait until it holds
    if (causes.some(blocksRules)) return [...causes, rulesNotChecked];
    return [...causes, ...expressions.validate(...change)];
  };
  const apiVersions = new Set(definition.spec.versions.map((one) => `${group}/${one.name}`));
  return {
    schema: ownershipSchema(schema),
    behaviour: {
      definitionName: name,
      ...(versions.convert === undefined ? {} : { convert: versions.convert }),
      ...(versions.inVersion === undefined ? {} : { inVersion: versions.inVersion }),
      refresh: (object) => versions.refresh(object),
      defaultsStatus: schema.properties?.['status']?.default !== undefined,
      storedFields: (object) => versions.storedFields(object),
      selectablePaths: (version.selectableFields ?? []).map(({ jsonPath }) =>
        jsonPath.replace(/^\./, ''),
      ),
      ...(sent === undefined ? {} : { openAPIV3Schema: sent }),
      hasVersion: (apiVersion) => apiVersions.has(apiVersion),
      applyDefaults: (object, keepNulls) => void structural.applyDefaults(object, keepNulls),
      prune: (object) => structural.prune(object),
      coerceEmbedded: (object) => structural.coerceEmbedded(object),
      terminating: isTerminating(definition),
      validate: (object, old, warn, floats) =>
        withRules(structural.validate(object, old, floats), object, old, warn),
      validateStatus: (object, old, warn, floats) =>
        withRules(structural.validateStatus(object, old, floats), object, old, warn),
      ...(version.deprecated === true
        ? { deprecationWarning: version.deprecationWarning ?? useAnother(definition, version) }
        : {}),
    },
  };
}

/** Its objects are being deleted: over when they are gone, though the definition may wait for others. */
export function isTerminating({ status }: Definition): boolean {
  const { conditions = [] } = status ?? {};
  return conditions?.some((one) => one.type === 'Terminating' && one.status === 'True') ?? false;
}

/** The newest version that is served, not deprecated and newer than this one is the one to use. */
function useAnother({ spec }: Definition, { name }: DefinitionVersion): string {
  const { group, names, versions } = spec;
  const [newest] = versions
    .filter((one) => one.served && one.deprecated !== true && compareVersions(one.name, name) < 0)
    .sort((a, b) => compareVersions(a.name, b.name));
  const use = newest === undefined ? '' : `; use ${group}/${newest.name} ${names.kind}`;
  return `${group}/${name} ${names.kind} is deprecated${use}`;
}

const blocking = new Set([
  'FieldValueNotSupported',
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
