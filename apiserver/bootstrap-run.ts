import { deepCopy } from '../object/copy.ts';
import type { KubeObject } from '../object/object.ts';
import { alreadyExists, conflict, objectModified } from '../object/status-error.ts';
import type { Resource } from './apis/resource.ts';
import { bootstrapCluster } from './bootstrap/bootstrap.ts';
import type { BootstrapPort, ObjectRef } from './bootstrap/reconcile.ts';
import type { ResourceTable } from './apis/resource-table.ts';
import { KeyExists } from './storage/store.ts';
import { applyObjectDefaults } from './apis/object-defaults.ts';
import { fillSystemFields } from './verbs/metadata.ts';
import type { Services } from './verbs/services.ts';
import { trackChange, trackCreate } from './verbs/managed.ts';
import { createStored, current, deleteStored, keyOf, reviseStored } from './verbs/stored.ts';

/**
 * Writes by the server itself (bootstrap policy, its own Service and endpoints): the same steps as a
 * client's write, without HTTP, authorization and admission.
 */
export function internalWriter(services: Services, resources: ResourceTable): BootstrapPort {
  const find = (ref: ObjectRef): Resource => {
    const resource = resources.findAnyVersion(ref.group, ref.resource);
    if (resource === undefined) throw new Error(`${ref.resource}.${ref.group} is not served`);
    return resource;
  };
  return {
    async get(ref, cached) {
      const resource = find(ref);
      const cache = services.cacheOf(resource);
      const namespace = resource.namespaced ? ref.namespace : '';
      if (cached !== undefined && cache.isReady && cache.get(namespace, ref.name) === undefined) {
        return undefined;
      }
      return (await current(services, resource, ref))?.object;
    },
    async create(ref, object) {
      const resource = find(ref);
      const fresh = prepared(resource, object);
      trackCreate(resource, fresh, managerOf(ref), services.now());
      try {
        await createStored(services, resource, fresh);
      } catch (error) {
        if (error instanceof KeyExists) throw alreadyExists(resource, ref.name);
        throw error;
      }
    },
    async update(ref, object) {
      const resource = find(ref);
      await reviseStored(services, resource, { ...ref, dryRun: false }, async (now) => {
        const sent = object.metadata.resourceVersion;
        if (sent !== undefined && sent !== String(now.revision)) {
          throw conflict(resource, ref.name, objectModified);
        }
        const next = deepCopy(object);
        const writer = { manager: managerOf(ref), subresource: '', now: services.now() };
        trackChange(resource, next, now.object, writer);
        return next;
      });
    },
    async delete(ref) {
      const resource = find(ref);
      const { item } = await services.store.get(keyOf(resource, ref.namespace, ref.name));
      if (item !== undefined) await deleteStored(services, resource, ref, item.modRevision);
    },
  };
}

/** Who upstream's own clients say they are. */
function managerOf({ group }: ObjectRef): string {
  return group === 'flowcontrol.apiserver.k8s.io'
    ? 'api-priority-and-fairness-config-producer-v1'
    : 'kube-apiserver';
}

function prepared(resource: Resource, object: KubeObject): KubeObject {
  const copy = deepCopy(object);
  const now = new Date();
  applyObjectDefaults(resource, copy);
  resource.prepareForCreate?.(copy, {
    user: { name: 'system:apiserver', groups: ['system:masters'] },
    now,
    dryRun: false,
  });
  fillSystemFields(resource, copy, now);
  return copy;
}

/** `serviceCidrs`: `--service-cluster-ip-range`, split at commas. */
export function bootstrap(port: BootstrapPort, serviceCidrs: readonly string[]): Promise<void> {
  return bootstrapCluster(port, { serviceCidrs });
}
