import type { KubeObject } from '../../../object/object.ts';
import { schemaHas } from '../../validation/definition-walk.ts';
import { isKnownFormat } from '../../validation/formats.ts';
import { versionsAlike } from './definition-schemas.ts';
import type { Plain } from '../plain.ts';

/** Formats that no value is held to (customresourcedefinition strategy WarningsOnCreate, WarningsOnUpdate). */
export function definitionWarnings(next: KubeObject, old: KubeObject | undefined): string[] {
  const before = new Set(old === undefined ? [] : unknownFormats(old));
  const added = unknownFormats(next).filter((format) => !before.has(format));
  return added.map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

function unknownFormats({ spec }: KubeObject): string[] {
  const versions: Plain[] = spec?.versions ?? [];
  const own = versionsAlike(versions, 'schema') ? versions.slice(0, 1) : versions;
  const found = new Set<string>();
  for (const { schema } of own) {
    schemaHas(schema?.openAPIV3Schema, ({ type, format }) => {
      if (typeof format === 'string' && format !== '' && !isHeld(type, format)) found.add(format);
      return false;
    });
  }
  return [...found];
}

function isHeld(type: unknown, format: string): boolean {
  switch (type) {
    case undefined:
    case '':
    case 'string':
      return isKnownFormat(format);
    case 'integer':
      return format === 'int32' || format === 'int64';
    case 'number':
      return format === 'float' || format === 'double';
    default:
      return false;
  }
}
