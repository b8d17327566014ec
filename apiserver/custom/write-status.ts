import { semanticEqual } from '../../object/equal.ts';
import type { Resource } from '../apis/resource.ts';
import { trackChange } from '../verbs/managed.ts';
import type { Services } from '../verbs/services.ts';
import { reviseStored, type Written } from '../verbs/stored.ts';
import type { Definition } from './definition.ts';

/** The name under which kube-apiserver's own controllers write. */
const manager = 'kube-apiserver';

/**
 * Writes a definition's status as upstream's controllers do, through the status subresource and
 * under the server's name.
 * @param change made in place, again for whatever is there when another writer came first
 */
export function writeStatus(
  services: Services,
  resource: Resource,
  name: string,
  change: (definition: Definition) => void,
): Promise<Written> {
  return reviseStored(services, resource, { namespace: '', name, dryRun: false }, async (now) => {
    const next = structuredClone(now.object) as Definition;
    change(next);
    if (!semanticEqual(next.status, now.object.status)) {
      trackChange(resource, next, now.object, {
        manager,
        subresource: 'status',
        now: services.now(),
      });
    }
    return next;
  });
}
