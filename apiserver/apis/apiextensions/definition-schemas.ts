import { deepEqual } from '../../../object/equal.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { isProps, type JsonSchemaProps } from '../../validation/definition.ts';
import { expressionErrors } from '../../validation/definition-expressions.ts';
import { validateDefinitionSchema } from '../../validation/definition-schema.ts';
import type { Plain } from '../plain.ts';

/**
 * The schemas of a definition's versions. Those that were there before are left alone: what an older
 * server let in stays usable.
 */
export function schemaErrors(next: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const versions: Plain[] = next.spec.versions ?? [];
  const known: Plain[] = (old?.spec.versions ?? []).map(schemaOf);
  const shared = versionsAlike(versions, 'schema');
  const errors: StatusCause[] = [];
  for (const [i, version] of versions.entries()) {
    if (shared && i > 0) break;
    const props = schemaOf(version);
    if (!isProps(props) || known.some((before) => deepEqual(before, props))) continue;
    const path = shared ? 'spec.validation' : `spec.versions[${i}].schema`;
    errors.push(...errorsOf(props, path, version.subresources?.status !== undefined));
  }
  return errors;
}

function errorsOf(props: JsonSchemaProps, path: string, statusSubresource: boolean): StatusCause[] {
  const errors = validateDefinitionSchema(props, path, { statusSubresource });
  return errors.length > 0 ? errors : expressionErrors(props, path);
}

function schemaOf(version: Plain): Plain {
  return version.schema?.openAPIV3Schema;
}

/** What all versions have in common upstream validates as one: its path has no version in it. */
export function versionsAlike(versions: readonly Plain[], field: string): boolean {
  const [first] = versions;
  return versions.every((version) => deepEqual(version[field] ?? null, first?.[field] ?? null));
}
