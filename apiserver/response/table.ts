import { orderedByName } from '../../object/json-by-name.ts';
import type { KubeObject } from '../../object/object.ts';
import { fieldInvalid } from '../../object/field-error.ts';
import { badRequest } from '../../object/status-error.ts';
import { describeDefinition } from '../../schema/descriptions.ts';
import type { Column, Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { describedColumns } from './column-descriptions.ts';
import { partialMetadata } from './partial-metadata.ts';

/** meta.k8s.io Table: what kubectl prints. Cells come from the resource's columns. */
export interface TableOptions {
  version: string;
  /** How much of each object goes along: its metadata unless asked otherwise. */
  include: 'None' | 'Metadata' | 'Object';
  /** Column definitions are sent only with the first rows of a watch. */
  columns: boolean;
}

export function tableOptions(context: RequestContext, version: string): TableOptions {
  const include = context.query.get('includeObject') ?? 'Metadata';
  if (include !== 'None' && include !== 'Metadata' && include !== 'Object' && include !== '') {
    const { message } = fieldInvalid('', include, "must be 'Metadata', 'Object', 'None', or empty");
    throw badRequest(`Unable to convert to Table as requested: includeObject: ${message}`);
  }
  return { version, include: include === '' ? 'Metadata' : include, columns: true };
}

export function table(
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: Record<string, unknown>,
  options: TableOptions,
): Record<string, unknown> {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: options.columns ? columnDefinitions(resource) : null,
    rows: objects.map((object) => ({
      cells: resource.columns.map((column) => column.cell(object)),
      object: included(resource, object, options),
    })),
  };
}

export function columnDefinitions(resource: Resource): unknown[] {
  return resource.columns.map((column) => ({
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: describeColumn(resource, column),
    priority: column.priority ?? 0,
  }));
}

/** Empty for what nobody describes. */
function describeColumn({ group, kind }: Resource, { name, description }: Column): string {
  if (description !== undefined) return description;
  const text = describedColumns(group === '' ? kind : `${kind}.${group}`)?.get(name) ?? '';
  if (!text.startsWith('@')) return text;
  const dot = text.lastIndexOf('.');
  const { fields } = describeDefinition(`io.k8s.api.${text.slice(1, dot)}`);
  return fields[text.slice(dot + 1)] ?? '';
}

function included(resource: Resource, object: KubeObject, options: TableOptions): unknown {
  switch (options.include) {
    case 'None':
      return null;
    case 'Object':
      return resource.custom === undefined ? object : orderedByName(object);
    case 'Metadata':
      return partialMetadata(resource, object, options.version);
  }
}
