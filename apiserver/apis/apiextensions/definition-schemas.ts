import { semanticEqual } from '../../../object/equal.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { isProps } from '../../validation/definition.ts';
import { defaultErrors } from '../../validation/definition-default-values.ts';
import { hasNonAtomicItems, identityErrors } from '../../validation/definition-lists.ts';
import { openApiTypes } from '../../validation/definition-openapi.ts';
import {
  type SchemaOptions,
  strictOptions,
  unreadable,
  validateDefinitionSchema,
} from '../../validation/definition-schema.ts';
import { structuralErrors } from '../../validation/definition-structure.ts';
import { schemaHas } from '../../validation/definition-walk.ts';
import type { Plain } from '../plain.ts';

/**
 * The schemas of a definition's versions, and what was wrong before and may stay so: what an older
 * server let in stays usable (apiextensions validation ValidateCustomResourceDefinitionUpdate).
 */
export class SchemaRules {
  readonly #options: SchemaOptions;
  readonly #unchanged: ReadonlySet<string>;
  /** Every version has a schema. */
  readonly required: boolean;

  constructor(spec: Plain, old: KubeObject | undefined) {
    const before = old === undefined ? [] : schemasOf(old['spec']);
    this.required = before.every(isProps);
    this.#unchanged = unchangedVersions(spec, old);
    const none = (found: (props: Plain) => boolean): boolean => !before.some((p) => p && found(p));
    const sound = none((props) => unreadable(props) !== undefined || !isStructural(props));
    const preserves = spec.preserveUnknownFields === true;
    this.#options = {
      ...strictOptions,
      requireStructural: sound || !preserves || schemasOf(spec).some(needsStructure),
      requirePrunedDefaults: none(hasUnprunedDefaults),
      requireValidTypes: none((props) => schemaHas(props, hasOddType)),
      requireAtomicSets: none((props) => schemaHas(props, hasNonAtomicItems)),
      requireMapKeys: none((props) => schemaHas(props, (p) => identityErrors(p, '').length > 0)),
    };
  }

  /** @param statusSubresource whether that is on, in any version the schema is of */
  errors(version: Plain, path: string, statusSubresource: boolean): StatusCause[] {
    const props = schemaOf(version);
    if (!isProps(props)) return [];
    const unchanged = this.#unchanged.has(version.name);
    return validateDefinitionSchema(props, path, {
      ...this.#options,
      statusSubresource,
      unchanged,
    });
  }
}

function schemaOf(version: Plain): Plain {
  return version.schema?.openAPIV3Schema;
}

function schemasOf(spec: Plain): Plain[] {
  return (spec.versions ?? []).map(schemaOf);
}

/** One schema that all versions had in common is also what a version had that was not there. */
function unchangedVersions(spec: Plain, old: KubeObject | undefined): ReadonlySet<string> {
  const versions: Plain[] = old?.spec.versions ?? [];
  const shared = versionsAlike(versions, 'schema') ? versions[0] : undefined;
  const before = new Map<string, Plain>(versions.map((version) => [version.name, version]));
  const same = (spec.versions ?? []).filter((version: Plain) => {
    const was = before.get(version.name) ?? shared;
    return was !== undefined && semanticEqual(schemaOf(was), schemaOf(version));
  });
  return new Set(same.map(({ name }: Plain) => name));
}

function isStructural(props: Plain): boolean {
  return structuralErrors(props, '').length === 0;
}

function hasOddType({ type }: Plain): boolean {
  return type !== undefined && type !== '' && !openApiTypes.includes(type);
}

function hasUnprunedDefaults(props: Plain): boolean {
  if (unreadable(props) !== undefined || !isStructural(props)) return false;
  return defaultErrors(props, '', true).some(({ message }) => message.endsWith(unpruned));
}

const unpruned = 'must not have unknown fields';

/** Whoever preserves unknown fields as a whole need not be structural, but for these. */
function needsStructure(props: Plain): boolean {
  return schemaHas(
    props,
    (each) =>
      each.default !== undefined ||
      each['x-kubernetes-preserve-unknown-fields'] !== undefined ||
      ['x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string'].some(
        (field) => each[field] === true,
      ) ||
      each['x-kubernetes-list-type'] !== undefined ||
      notEmpty(each['x-kubernetes-list-map-keys']) ||
      notEmpty(each['x-kubernetes-validations']),
  );
}

function notEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

export function hasDefaults(spec: Plain): boolean {
  return schemasOf(spec).some((props) => schemaHas(props, (p) => p.default !== undefined));
}

/** What all versions have in common upstream validates as one: its path has no version in it. */
export function versionsAlike(versions: readonly Plain[], field: string): boolean {
  const [first] = versions;
  return versions.every((version) => semanticEqual(version[field], first?.[field]));
}
