import { shownSchema } from '../../validation/internal-form.ts';
import type { Plain } from '../plain.ts';
import { versionsAlike } from './definition-schemas.ts';

/**
 * Versions as upstream's messages show them: the structs of its internal form, without what all of
 * them have in common (apiextensions types.go).
 */
export function shownVersions(versions: Plain[] | undefined): unknown {
  if (!Array.isArray(versions)) return null;
  const own = (version: Plain, field: string) =>
    versionsAlike(versions, field) ? undefined : version[field];
  return versions.map((version) => ({
    Name: version.name ?? '',
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: shownValidation(own(version, 'schema')),
    Subresources: shownSubresources(own(version, 'subresources')),
    AdditionalPrinterColumns: each(own(version, 'additionalPrinterColumns'), shownColumn),
    SelectableFields: each(own(version, 'selectableFields'), ({ jsonPath }) => ({
      JSONPath: jsonPath ?? '',
    })),
  }));
}

function each(list: Plain[] | undefined, show: (item: Plain) => unknown): unknown {
  return list === undefined || list.length === 0 ? null : list.map(show);
}

function shownValidation(schema: Plain | undefined): unknown {
  if (schema === undefined) return null;
  const { openAPIV3Schema } = schema;
  return { OpenAPIV3Schema: openAPIV3Schema === undefined ? null : shownSchema(openAPIV3Schema) };
}

function shownSubresources(subresources: Plain | undefined): unknown {
  if (subresources === undefined) return null;
  const { status = null, scale } = subresources;
  if (scale === undefined) return { Status: status, Scale: null };
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = null } = scale;
  return {
    Status: status,
    Scale: {
      SpecReplicasPath: specReplicasPath,
      StatusReplicasPath: statusReplicasPath,
      LabelSelectorPath: labelSelectorPath,
    },
  };
}

function shownColumn(column: Plain): unknown {
  return {
    Name: column.name ?? '',
    Type: column.type ?? '',
    Format: column.format ?? '',
    Description: column.description ?? '',
    Priority: column.priority ?? 0,
    JSONPath: column.jsonPath ?? '',
  };
}
