import type { Schema } from '../../schema/schema.ts';
import { difference, type FieldSet, intersection, isEmpty, union } from './field-set.ts';
import type { Manager, Managers } from './managers.ts';
import { removeItems, withNamedFields } from './remove.ts';
import type { Fields } from './shape.ts';
import { toFieldSet } from './to-set.ts';

/** An object in one version, with that version's schema. */
export interface Versioned {
  object: Fields;
  schema: Schema;
}

/** An object in another version; the same in its own. Rejects when it is none there. */
export type InVersion = (object: Fields, apiVersion: string) => Promise<Versioned>;

/**
 * {@link prune} where managers know the object in several versions, in each of which fields may have
 * other names: what was applied last is removed in the version it was applied in, and what others own
 * is put back as their versions have it (structured-merge-diff merge/update.go prune).
 * @param last what the manager applied last time
 * @param apiVersion that the result is in
 * @throws Error in upstream's words when a version cannot be asked
 */
export async function pruneInVersions(
  merged: Fields,
  last: Manager,
  managers: Managers,
  { apiVersion, inVersion }: { apiVersion: string; inVersion: InVersion },
): Promise<Fields> {
  if (isEmpty(last.set)) return merged;
  const what = 'merged object to last applied version';
  const before = await inVersion(merged, last.apiVersion).catch(
    failed(`failed to convert ${what}`),
  );
  const lastNamed = withNamedFields(last.set, before.schema);
  const bare = removeItems(before.object, lastNamed, before.schema);
  const kept = await withOwned(
    before.object,
    bare,
    owned(managers, last.apiVersion),
    inVersion,
  ).catch(failed('failed add back owned items'));
  const again = await inVersion(kept, last.apiVersion).catch(
    failed(
      'failed add back dangling items: failed to convert pruned object to last applied version',
    ),
  );
  // of what is gone by now, only what this manager applied may go
  const gone = difference(named(before), named(again));
  const object = removeItems(before.object, intersection(gone, lastNamed), before.schema);
  return (await inVersion(object, apiVersion)).object;
}

/** What anybody owns by version, first that in which is removed: a conversion may need what is put back there. */
function owned(managers: Managers, first: string): [string, FieldSet][] {
  const sets = new Map<string, FieldSet>();
  for (const { apiVersion, set } of managers.values()) {
    sets.set(apiVersion, union(sets.get(apiVersion) ?? {}, set));
  }
  return [...sets].sort(([a], [b]) => Number(b === first) - Number(a === first));
}

async function withOwned(
  all: Fields,
  bare: Fields,
  sets: readonly [string, FieldSet][],
  inVersion: InVersion,
): Promise<Fields> {
  let [merged, pruned] = [all, bare];
  for (const [version, set] of sets) {
    const why = (what: string): string => `failed to convert ${what} object at version ${version}`;
    const whole = await inVersion(merged, version).catch(failed(why('merged')));
    const left = await inVersion(pruned, version).catch(failed(why('pruned')));
    const keeps = union(named(left), withNamedFields(set, whole.schema));
    merged = whole.object;
    pruned = removeItems(merged, difference(named(whole), keeps), whole.schema);
  }
  return pruned;
}

function named({ object, schema }: Versioned): FieldSet {
  return withNamedFields(toFieldSet(object, schema), schema);
}

function failed(what: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  };
}
