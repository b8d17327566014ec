import type { Comparison } from '../../object/managed-fields/compare.ts';
import { compareWithoutManagedFields } from '../../object/managed-fields/track-update.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';
import { resetPaths } from './managed.ts';

/**
 * What a write changes as the versions have it in which others own fields of a custom object: there a
 * field may have another name. Undefined where there is no such version, or its webhook does not
 * answer; what is owned is compared as it is named then.
 */
export async function changesInVersions(
  resource: Resource,
  old: KubeObject,
  next: KubeObject,
  subresource: string,
): Promise<ReadonlyMap<string, Comparison> | undefined> {
  const inVersion = resource.custom?.inVersion;
  if (inVersion === undefined) return undefined;
  const versions = (old.metadata.managedFields ?? []).flatMap(({ apiVersion }) =>
    apiVersion === undefined || apiVersion === resource.apiVersion ? [] : [apiVersion],
  );
  const reset = resetPaths(resource, subresource);
  const changes = new Map<string, Comparison>();
  for (const version of new Set(versions)) {
    if (resource.custom?.hasVersion(version) !== true) continue;
    try {
      const { objects, schema } = await inVersion([old, next], version);
      const [before, after] = objects as [KubeObject, KubeObject];
      const door = reset === undefined ? { schema } : { schema, reset };
      changes.set(version, compareWithoutManagedFields(before, after, door));
    } catch {
      // the write goes on: who owns what is no reason to refuse it
    }
  }
  return changes;
}
