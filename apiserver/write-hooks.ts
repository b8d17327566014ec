import { fieldForbidden } from '../object/field-error.ts';
import type { KubeObject } from '../object/object.ts';
import { type StatusCause, StatusError } from '../object/status-error.ts';
import { decodeStoredProtobuf } from '../schema/protobuf.ts';
import { NodePortAllocator } from './apis/core/node-port.ts';
import { ServiceAllocator } from './apis/core/service-allocation.ts';
import { ServiceIpAllocator } from './apis/core/service-ip.ts';
import type { AdmissionDependencies } from './admission/dependencies.ts';
import { checkAdminAccess } from './apis/resource/admin-access.ts';
import type { Resource } from './apis/resource.ts';
import type { ResourceTable } from './apis/resource-table.ts';
import { claimStatusRefusals } from './authz/claim-status.ts';
import { makeEscalationCheck } from './authz/escalation.ts';
import { makeParamCheck } from './authz/param-access.ts';
import type { BootstrapPort } from './bootstrap/reconcile.ts';
import type { ServerConfig } from './config.ts';
import type { RequestContext } from './context.ts';
import type { Security } from './security.ts';
import { decodeStored, encodeStored } from './storage/codec.ts';
import { KeyExists, type Store } from './storage/store.ts';
import type { WriteHooks } from './verbs/services.ts';
import type { Listers } from './watch/view.ts';

type Reads = Pick<AdmissionDependencies, 'readLive'>;

/** What writes of some kinds do beside their own key: rights are checked, addresses are taken. */
export function writeHooks(
  config: ServerConfig,
  parts: {
    security: Security;
    listers: Listers;
    resources: ResourceTable;
    reads: Reads;
    nodePorts: NodePortAllocator;
    writer: () => BootstrapPort;
  },
): WriteHooks {
  const checkEscalation = makeEscalationCheck(parts.security);
  const checkParams = paramCheck(parts);
  const claims = claimRights(parts);
  const services = serviceAllocator(config, parts);
  return {
    async beforeWrite(resource, next, old, by) {
      if (resource.custom !== undefined) return undefined;
      if (resource.group === 'rbac.authorization.k8s.io') {
        await checkEscalation({
          user: by.user,
          resource: resource.resource,
          namespace: next.metadata.namespace ?? '',
          object: next,
          oldObject: old,
        });
        return undefined;
      }
      if (!isService(resource)) return undefined;
      return services.allocate(next, old, by.dryRun);
    },
    refusals({ group, resource, custom }, change, by) {
      const isClaim = group === 'resource.k8s.io' && resource.startsWith('resourceclaim');
      return isClaim && custom === undefined ? claims(resource, change, by) : undefined;
    },
    async judge({ group, resource }, change, user) {
      if (group !== policyGroup || change.subresource !== '') return [];
      const { next: object, old: oldObject } = change;
      const refusal = await checkParams({ user, resource, object, oldObject });
      return refusal === undefined ? [] : [fieldForbidden(refusal.field, refusal.text)];
    },
    async afterDelete(resource, object) {
      if (isService(resource)) await services.release(object);
    },
  };
}

function claimRights({ security, reads }: { security: Security; reads: Reads }) {
  return async (
    resource: string,
    change: Parameters<WriteHooks['refusals']>[1],
    { user, info }: RequestContext,
  ): Promise<StatusCause[]> => {
    const { next, old, subresource } = change;
    const causes = await checkAdminAccess(resource, change, (name) =>
      reads.readLive('', 'namespaces', '', name),
    );
    if (subresource !== 'status' || old === undefined) return causes;
    const refusals = await claimStatusRefusals({ user, info, next, old }, security.authorize);
    return [...causes, ...refusals];
  };
}

const policyGroup = 'admissionregistration.k8s.io';

function paramCheck(parts: {
  security: Security;
  resources: ResourceTable;
  reads: Reads;
}): ReturnType<typeof makeParamCheck> {
  const { security, resources, reads } = parts;
  return makeParamCheck({
    authorize: security.authorize,
    resourceOf: (group, version, kind) => resources.findKind(group, version, kind)?.resource,
    policy: (resource, name) => reads.readLive(policyGroup, resource, '', name),
  });
}

function isService({ group, resource }: Resource): boolean {
  return group === '' && resource === 'services';
}

function serviceAllocator(
  config: ServerConfig,
  parts: { listers: Listers; nodePorts: NodePortAllocator; writer: () => BootstrapPort },
): ServiceAllocator {
  const { listers, nodePorts, writer } = parts;
  const families = config.services.cidrs.map((cidr) => (cidr.includes(':') ? 'IPv6' : 'IPv4'));
  const group = 'networking.k8s.io';
  const addresses = listers.lister(group, 'ipaddresses');
  const ranges = listers.lister(group, 'servicecidrs');
  const at = (name: string) => ({ group, resource: 'ipaddresses', namespace: '', name });
  const ips = new ServiceIpAllocator({
    serviceCidrs: () => ranges.list(''),
    isKnown: (address) => addresses.get('', address) !== undefined,
    async create(ipAddress) {
      try {
        await writer().create(at(ipAddress.metadata.name ?? ''), ipAddress);
        return true;
      } catch (error) {
        if (error instanceof StatusError && error.reason === 'AlreadyExists') return false;
        throw error;
      }
    },
    remove: (address) => writer().delete(at(address)),
  });
  return new ServiceAllocator(families, ips, nodePorts);
}

export function nodePortAllocator(config: ServerConfig, store: Store): NodePortAllocator {
  const { from, to } = config.services.nodePorts;
  const key = `${config.storage.prefix}/ranges/servicenodeports`;
  return new NodePortAllocator({ first: from, last: to }, rangeObject(store, key));
}

/** The RangeAllocation that upstream keeps the node ports in: one object, changed by compare and swap. */
function rangeObject(store: Store, key: string) {
  return {
    async read(): Promise<KubeObject | undefined> {
      const { item } = await store.get(key);
      return item === undefined ? undefined : decodeStored(item.value, decodeStoredProtobuf).object;
    },
    async update(change: (allocation: KubeObject | undefined) => KubeObject): Promise<void> {
      for (;;) {
        const { item } = await store.get(key);
        const next = encodeStored(
          change(
            item === undefined ? undefined : decodeStored(item.value, decodeStoredProtobuf).object,
          ),
        );
        try {
          if (item === undefined) {
            await store.create(key, next);
            return;
          }
          const result = await store.update(key, next, item.modRevision);
          if (result.ok) return;
        } catch (error) {
          if (!(error instanceof KeyExists)) throw error;
        }
      }
    },
  };
}
