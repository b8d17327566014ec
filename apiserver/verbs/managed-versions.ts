import { type Apply, mergePatch } from '../../object/managed-fields/apply.ts';
import type { Comparison } from '../../object/managed-fields/compare.ts';
import { type InVersion, pruneInVersions } from '../../object/managed-fields/prune-versions.ts';
import {
  compareWithoutManagedFields,
  withoutManagers,
} from '../../object/managed-fields/track-update.ts';
import type { Fields } from '../../object/managed-fields/shape.ts';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { Schema } from '../../schema/schema.ts';
import type { Resource } from '../apis/resource.ts';
import { canBeManaged, resetPaths, trackChange } from './managed.ts';

/**
 * Writes to custom objects of which others own fields in another version: there a field may have
 * another name, or none.
 */

/** What an update changes as owners in other versions see it; undefined where there are none, 'unseen' where owners cannot be told apart. */
type Changes = ReadonlyMap<string, Comparison> | 'unseen' | undefined;

/** To be asked of an object as it was sent, see {@link resetElsewhere}. */
export async function changesInVersions(
  resource: Resource,
  sent: KubeObject,
  old: KubeObject,
  subresource: string,
): Promise<Changes> {
  if (!canBeManaged(resource, sent) || !canBeManaged(resource, old)) return 'unseen';
  const { managedFields: asked } = subresource === '' ? sent.metadata : old.metadata;
  const others = otherVersions(resource, asked ?? old.metadata.managedFields);
  if (others === undefined) return undefined;
  const reset = resetElsewhere(subresource, resetPaths(resource, subresource));
  return changes([old, sent].map(withoutManagers), others, reset).catch(() => 'unseen');
}

/**
 * As {@link trackChange}. Who owns what is forgotten when the object cannot be seen in the version of
 * one of them, as upstream does: that is no reason to refuse the write (managedfields
 * fieldmanager.go, UpdateNoErrors).
 */
export function trackInVersions(
  resource: Resource,
  next: KubeObject,
  old: KubeObject,
  inVersions: Changes,
  writer: Omit<Parameters<typeof trackChange>[3], 'inVersions'>,
): void {
  if (inVersions === 'unseen') delete next.metadata.managedFields;
  else trackChange(resource, next, old, { ...writer, inVersions });
}

/**
 * What has to be known for an apply that meets owners in other versions: what it takes out of the
 * object, and what it changes as they see it.
 */
export async function applyInVersions(
  resource: Resource,
  asked: Apply,
): Promise<Pick<Apply, 'pruned' | 'inVersions'>> {
  const others = otherVersions(resource, asked.live?.metadata.managedFields);
  if (others === undefined) return {};
  const { live, merged, last, managers } = mergePatch(asked);
  const { apiVersion } = asked;
  const reset = resetElsewhere(asked.subresource, asked.reset);
  const inVersion = seenIn(resource, others);
  try {
    for (const version of others.versions) await inVersion(live, version);
    const pruned =
      last === undefined
        ? merged
        : await pruneInVersions(merged, last, managers, { apiVersion, inVersion }).catch(
            failed('failed to prune fields'),
          );
    const inVersions = await changes([live, pruned], others, reset).catch(
      failed('failed to convert new object'),
    );
    return { pruned, inVersions };
  } catch (error) {
    throw new StatusError(500, '', (error as Error).message);
  }
}

/**
 * What a door puts back is told by version. Upstream has it for all of them at the door of the
 * status, but at that of the object for the version of the request only (apiextensions-apiserver
 * customresource_handler.go): who owns the status in another version loses it to an update without
 * one, though it stays, and is met by an apply that has one.
 */
function resetElsewhere(subresource: string | undefined, reset: Apply['reset']): Apply['reset'] {
  return subresource === 'status' ? reset : undefined;
}

function failed(what: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  };
}

interface OtherVersions {
  versions: readonly string[];
  inVersion(objects: readonly Fields[], apiVersion: string): Promise<Seen>;
}

interface Seen {
  objects: Fields[];
  schema: Schema;
}

/** Those in which others own fields; undefined where nobody does. */
function otherVersions(
  { apiVersion: own, custom }: Resource,
  entries: KubeObject['metadata']['managedFields'],
): OtherVersions | undefined {
  if (custom?.inVersion === undefined || !Array.isArray(entries)) return undefined;
  const { inVersion } = custom;
  const versions = new Set<string>();
  for (const { apiVersion } of entries) {
    if (apiVersion !== undefined && apiVersion !== own && custom.hasVersion(apiVersion)) {
      versions.add(apiVersion);
    }
  }
  if (versions.size === 0) return undefined;
  // a conversion takes objects as they are: these have no managedFields, and no more than that
  return { versions: [...versions], inVersion: inVersion as OtherVersions['inVersion'] };
}

async function changes(
  objects: readonly Fields[],
  { versions, inVersion }: OtherVersions,
  reset: Apply['reset'],
): Promise<Map<string, Comparison>> {
  const found = new Map<string, Comparison>();
  for (const version of versions) {
    const { objects: seen, schema } = await inVersion(objects, version);
    const [before, after] = seen as [Fields, Fields];
    const door = reset === undefined ? { schema } : { schema, reset };
    found.set(version, compareWithoutManagedFields(before, after, door));
  }
  return found;
}

function seenIn({ apiVersion: own, schema }: Resource, { inVersion }: OtherVersions): InVersion {
  return async (object, apiVersion) => {
    if (apiVersion === own && object['apiVersion'] === own) return { object, schema };
    const seen = await inVersion([object], apiVersion);
    return { object: seen.objects[0] as Fields, schema: seen.schema };
  };
}
