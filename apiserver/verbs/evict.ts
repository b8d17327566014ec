import { isNumber } from '../../object/json.ts';
import { setPodCondition } from '../apis/core/pod-conditions.ts';
import { evict as decideEviction, type EvictionPorts } from '../apis/policy/eviction.ts';
import { deepCopy } from '../../object/copy.ts';
import type { KubeObject } from '../../object/object.ts';
import { conflict, notFound, objectModified } from '../../object/status-error.ts';
import { schemaFor } from '../../schema/built-in.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { acceptable, encodeAny } from '../response/encode.ts';
import { admissionRequest } from './admit.ts';
import { decode } from './decode.ts';
import { deleteObject } from './delete.ts';
import type { DeleteOptions } from './delete-options.ts';
import { matchUrl } from './identity.ts';
import type { Services } from './services.ts';
import { fresh, reviseStored } from './stored.ts';
import { writeOptions } from './write-options.ts';

const evictionKind = { group: 'policy', version: 'v1', kind: 'Eviction' };
/** What clients before v1.22 send: kubectl drain, cluster autoscalers. */
const alsoVersions = ['policy/v1beta1'];

/** POST pods/{name}/eviction: a delete that asks the pod's disruption budgets first. */
export async function evict(
  context: RequestContext,
  pods: Resource,
  services: Services,
): Promise<void> {
  const options = writeOptions(context, 'CreateOptions');
  const schema = schemaFor(evictionKind) ?? { type: 'object' };
  const { default: _, ...rest } = pods;
  const evictions = { ...rest, ...evictionKind, apiVersion: 'policy/v1', alsoVersions, schema };
  const sent = await decode(context, evictions, options.fieldValidation);
  const eviction = { ...sent, apiVersion: evictions.apiVersion };
  matchUrl(pods, eviction, context.info);
  const { namespace, name } = context.info;
  const request = admissionRequest(context, pods, {
    operation: 'CREATE',
    object: eviction,
    oldObject: undefined,
    dryRun: options.dryRun,
    name,
  });
  await services.admission.mutate(request);
  const status = await decideEviction(ports(context, pods, services), {
    namespace,
    name,
    eviction,
    admit: async () => services.admission.validate(request),
    dryRun: options.dryRun,
    now: services.now(),
    signal: context.signal,
  });
  context.responseObject = status;
  context.answer = encodeAny(context, status, acceptable(context, pods), 201);
}

function ports(context: RequestContext, pods: Resource, services: Services): EvictionPorts {
  const budgets = services.resources.find('policy', 'v1', 'poddisruptionbudgets');
  if (budgets === undefined) throw new Error('poddisruptionbudgets are not served');
  const read = async (resource: Resource, namespace: string, name: string): Promise<KubeObject> => {
    const found = await fresh(services, resource, { namespace, name });
    if (found === undefined) throw notFound(resource, name);
    return deepCopy(found.object);
  };
  return {
    getPod: (namespace, name) => read(pods, namespace, name),
    getBudget: (namespace, name) => read(budgets, namespace, name),
    async listBudgets(namespace) {
      const cache = services.cacheOf(budgets);
      await cache.consistent();
      return cache.list({ namespace }).items.map((item) => item.object());
    },
    async updateBudgetStatus(budget) {
      const { namespace = '', name = '', resourceVersion } = budget.metadata;
      await reviseStored(services, budgets, { namespace, name, dryRun: false }, async (now) => {
        if (now.object.metadata.resourceVersion !== resourceVersion) {
          throw conflict(budgets, name, objectModified);
        }
        return { ...deepCopy(now.object), status: budget['status'] };
      });
    },
    async setPodCondition(namespace, name, condition) {
      const written = await reviseStored(
        services,
        pods,
        { namespace, name, dryRun: false },
        async (now) => {
          const next = deepCopy(now.object);
          setPodCondition(next, condition, services.now());
          return next;
        },
      );
      return String(written.revision);
    },
    async deletePod(namespace, name, options) {
      await deleteObject(context, pods, services, { namespace, name }, deleteOptionsOf(options));
    },
  };
}

function deleteOptionsOf(options: Record<string, unknown>): DeleteOptions {
  const grace = options['gracePeriodSeconds'];
  return {
    admitted: true,
    dryRun: (options['dryRun'] as string[] | undefined)?.includes('All') === true,
    gracePeriodSeconds: isNumber(grace) ? Number(grace) : undefined,
    propagationPolicy: options['propagationPolicy'] as DeleteOptions['propagationPolicy'],
    orphanDependents: undefined,
    preconditions: options['preconditions'] as DeleteOptions['preconditions'],
  };
}
