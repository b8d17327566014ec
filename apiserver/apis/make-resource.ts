import { apiVersionOf, type GroupVersionKind } from '../../object/object.ts';
import type { Schema } from '../../schema/schema.ts';
import { defaultColumns } from './column.ts';
import { allVerbs, type KindDefinition, type Resource } from './resource.ts';

/** Gives the schema of a kind; must throw for a kind it does not know. */
export type SchemaLookup = (kind: GroupVersionKind) => Schema;

/**
 * Fills in what a KindDefinition leaves to upstream's rules. `etcdPrefix` is the API server's
 * --etcd-prefix. A kind without a storage path (reviews, bindings) gets an empty `keyPrefix`.
 */
export function makeResource(
  definition: KindDefinition,
  schemaOf: SchemaLookup,
  etcdPrefix = '/registry',
): Resource {
  const { group, version, kind } = definition;
  let schema: Schema | undefined;
  return {
    ...definition,
    listKind: definition.listKind ?? `${kind}List`,
    singular: definition.singular ?? kind.toLowerCase(),
    verbs: definition.verbs ?? allVerbs,
    apiVersion: apiVersionOf(definition),
    // when it is first used: most kinds are not in the life of a server
    get schema() {
      return (schema ??= schemaOf({ group, version, kind }));
    },
    columns: definition.columns ?? defaultColumns,
    storedAs: definition.storedAs ?? { group, version, kind },
    keyPrefix: definition.storagePath === '' ? '' : `${etcdPrefix}/${definition.storagePath}/`,
  };
}
