import { deepCopy } from '../../object/copy.ts';
import { semanticEqual } from '../../object/equal.ts';
import { applyPatch } from '../../object/managed-fields/apply.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';
import { knownVersion, resetPaths, trackChange } from './managed.ts';
import type { Services } from './services.ts';
import { reviseStored, type Written } from './stored.ts';

/** Statuses that the server itself keeps, written through the status subresource as upstream's own clients do. */

/** The name under which kube-apiserver's own controllers write. */
const manager = 'kube-apiserver';

/** @param change made in place, again for whatever is there when another writer came first */
export function writeStatus<T extends KubeObject>(
  services: Services,
  resource: Resource,
  at: { namespace?: string; name: string },
  change: (object: T) => void,
): Promise<Written> {
  const { namespace = '', name } = at;
  return reviseStored(services, resource, { namespace, name, dryRun: false }, async (now) => {
    const next = deepCopy(now.object) as T;
    change(next);
    if (!semanticEqual(next['status'], now.object['status'])) {
      trackChange(resource, next, now.object, {
        manager,
        subresource: 'status',
        now: services.now(),
      });
    }
    return next;
  });
}

/** @param change gives the status that is applied, or undefined where nothing is to be said */
export function applyStatus(
  services: Services,
  resource: Resource,
  at: { name: string; manager: string },
  change: (object: KubeObject) => object | undefined,
): Promise<Written> {
  const { apiVersion, kind, schema } = resource;
  const { name } = at;
  return reviseStored(services, resource, { namespace: '', name, dryRun: false }, async (now) => {
    const status = change(now.object);
    if (status === undefined) return now.object;
    const reset = resetPaths(resource, 'status');
    const applied = applyPatch({
      live: now.object,
      config: { apiVersion, kind, metadata: { name }, status },
      schema,
      manager: at.manager,
      apiVersion,
      force: true,
      subresource: 'status',
      now: services.now(),
      served: knownVersion(resource),
      ...(reset === undefined ? {} : { reset }),
    });
    const next = deepCopy(applied.object);
    if (applied.managedFields === undefined) delete next.metadata.managedFields;
    else next.metadata.managedFields = applied.managedFields;
    return next;
  });
}
