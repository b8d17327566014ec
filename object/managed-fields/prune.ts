import type { Schema } from '../../schema/schema.ts';
import { difference, type FieldSet, intersection, isEmpty, union } from './field-set.ts';
import type { Managers } from './managers.ts';
import { removeItems, withNamedFields } from './remove.ts';
import type { Fields } from './shape.ts';
import { toFieldSet } from './to-set.ts';

/**
 * Remove what this manager applied last time and does not apply now, unless another manager owns
 * it. What nobody ever owned stays.
 * @param merged the live object with the new configuration merged in
 * @param last what the manager applied last time
 * @param managers all managers, this one with its new set
 */
export function prune(merged: Fields, last: FieldSet, managers: Managers, schema: Schema): Fields {
  if (isEmpty(last)) return merged;
  const lastNamed = withNamedFields(last, schema);
  let owned: FieldSet = {};
  for (const manager of managers.values()) owned = union(owned, manager.set);
  const ownedNamed = withNamedFields(owned, schema);
  const all = withNamedFields(toFieldSet(merged, schema), schema);

  // First without everything applied last time, then with what anybody owns put back.
  const bare = removeItems(merged, lastNamed, schema);
  const bareSet = withNamedFields(toFieldSet(bare, schema), schema);
  const kept = removeItems(merged, difference(all, union(bareSet, ownedNamed)), schema);

  // Of what is gone by now, only what this manager applied may go.
  const keptSet = withNamedFields(toFieldSet(kept, schema), schema);
  return removeItems(merged, intersection(difference(all, keptSet), lastNamed), schema);
}
