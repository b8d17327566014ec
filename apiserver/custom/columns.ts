import { goFormat, goJson } from '../../object/go-format.ts';
import { parseTime } from '../../object/go-time.ts';
import { isNumber, isWhole } from '../../object/json.ts';
import { compileJsonPath, type JsonPath } from '../../object/json-path.ts';
import type { KubeObject } from '../../object/object.ts';
import { ageDateColumn, nameColumn } from '../apis/column.ts';
import { age } from '../apis/human-duration.ts';
import type { Column } from '../apis/resource.ts';
import type { DefinitionVersion } from './definition.ts';

/** The columns of a definition's tables (apiextensions-apiserver registry/customresource/tableconvertor). */

type Printed = NonNullable<DefinitionVersion['additionalPrinterColumns']>[number];

export function columnsOf(version: DefinitionVersion): Column[] {
  const own = version.additionalPrinterColumns;
  if (own === undefined || own.length === 0) return [nameColumn, ageDateColumn];
  const columns: Column[] = [nameColumn];
  for (const printed of own) {
    const column = columnOf(printed);
    // neither it nor what comes after it is shown
    if (column === undefined) break;
    columns.push(column);
  }
  return columns;
}

/** Undefined where its path cannot be read: a definition may have what only looks like one. */
function columnOf(column: Printed): Column | undefined {
  let read: JsonPath;
  try {
    read = compileJsonPath(column.jsonPath);
  } catch {
    return undefined;
  }
  return {
    name: column.name,
    type: column.type as Column['type'],
    ...(column.format === undefined ? {} : { format: column.format }),
    description: descriptionOf(column),
    ...(column.priority === undefined ? {} : { priority: column.priority }),
    cell: (object) => cellOf(read, column.type, object),
  };
}

function descriptionOf({ description = '', jsonPath }: Printed): string {
  return description === ''
    ? `Custom resource definition column (in JSONPath format): ${jsonPath}`
    : description;
}

function cellOf(
  read: JsonPath,
  type: string,
  object: KubeObject,
): string | number | bigint | boolean | null {
  const value = firstOf(read, object);
  if (value === undefined) return null;
  switch (type) {
    case 'integer':
      return isNumber(value) ? integer(value) : null;
    case 'number':
      return isNumber(value) ? Number(value) : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? ageOf(value) : null;
    default:
      return textOf(value);
  }
}

function firstOf(read: JsonPath, object: KubeObject): unknown {
  try {
    return read(object)[0];
  } catch {
    return undefined;
  }
}

const smallest = -(2n ** 63n);

/** A float loses what is behind its point; one that is too large is the smallest, as Go has it. */
function integer(value: number | bigint): number | bigint {
  if (typeof value === 'bigint' || isWhole(value)) return value;
  return Math.abs(value) < 2 ** 63 ? Math.trunc(value) : smallest;
}

function ageOf(text: string): string {
  if (text === '' || text === 'null') return age(undefined);
  const at = parseTime(text);
  return at === undefined ? '<invalid>' : age(new Date(at).toISOString());
}

function textOf(value: unknown): string {
  if (value === null) return '<no value>';
  return typeof value === 'object' ? goJson(value) : goFormat(value);
}
