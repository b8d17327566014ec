import { semanticEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import { countsDevices as namesDevices } from '../../object/claim-usage.ts';
import { addAmounts, type Amounts } from '../../object/pod-resources.ts';
import { formatQuantity, parseQuantity, quantityOf } from '../../object/quantity.ts';
import { inScope } from '../../object/quota-scope.ts';
import { usageOf } from '../../object/quota-usage.ts';
import type { ListQuery, ResourceRef } from '../../reconciler/cluster.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, isCode } from '../context.ts';
import { discover } from '../discovery.ts';
import {
  deviceClasses,
  persistentVolumeClaims,
  pods,
  resourceClaims,
  resourceQuotas,
  services,
} from '../resources.ts';
/** A full recount, for what no informer tells of (upstream's resync is 5 min as well). */
const recountMs = 5 * 60_000;
/** What is limited and not served may be served soon. */
const discoverMs = 30_000;
/** Several objects vanish together: one recount for all. */
const gatherMs = 200;

/** Names of quota for plain counts of core resources, besides `count/...`. */
const coreCounts = new Set(['replicationcontrollers', 'secrets', 'configmaps', 'resourcequotas']);

/**
 * Recounts what is used under each ResourceQuota. The API server charges at creation; this gives back
 * what is gone.
 */
export function resourceQuotaController(
  context: ControllerContext,
  discoverEveryMs: number = discoverMs,
): Controller {
  const { cluster, informers } = context;
  const quotas = informers.of(resourceQuotas);
  const podInformer = informers.of(pods);
  const counted = [pods, services, persistentVolumeClaims].map((ref) => ({
    ref,
    informer: informers.of(ref),
  }));

  async function reconcile(key: string): Promise<Result> {
    const quota = quotas.store.get(key);
    if (quota === undefined || quota.metadata.deletionTimestamp != null) return done;
    const namespace = quota.metadata.namespace ?? '';
    const usage: Amounts = new Map();
    for (const { ref, informer } of counted) {
      for (const object of informer.store.indexed('namespace', namespace)) {
        if (!inScope(quota, ref.group, ref.resource, object)) continue;
        addAmounts(usage, usageOf(ref.group, ref.resource, object, context.now()));
      }
    }
    const unserved = await countOthers(quota, namespace, usage);
    await countDevices(quota, namespace, usage);
    const status = { hard: quota.spec?.hard ?? {}, used: usedOf(quota, usage) };
    if (!semanticEqual(quota.status, status)) {
      await cluster.update(resourceQuotas, { ...quota, status }, 'status');
    }
    return requeueAfter(unserved ? discoverEveryMs : recountMs);
  }

  /**
   * `count/<resource>.<group>` of anything that is served. What is not cannot be counted: it stays as it
   * was, and true is said.
   */
  async function countOthers(
    quota: KubeObject,
    namespace: string,
    usage: Amounts,
  ): Promise<boolean> {
    const wanted = Object.keys(quota.spec?.hard ?? {}).filter(
      (name) =>
        (name.startsWith('count/') &&
          !['count/pods', 'count/services', 'count/persistentvolumeclaims'].includes(name)) ||
        coreCounts.has(name),
    );
    if (wanted.length === 0) return false;
    let unserved = false;
    const { resources } = await discover(cluster);
    for (const name of wanted) {
      const [resource = '', ...group] = name.replace(/^count\//, '').split('.');
      const ref = resources.find((r) => r.resource === resource && r.group === group.join('.'));
      if (ref === undefined) {
        unserved = true;
        const before = quota.status?.used?.[name];
        if (before !== undefined) usage.set(name, parseQuantity(before));
        continue;
      }
      if (!ref.namespaced) continue;
      watch(ref);
      const existing = informers.existing(ref);
      const count =
        existing?.hasSynced === true
          ? existing.store.indexed('namespace', namespace).length
          : (await cluster.list(ref, { namespace, metadataOnly: true })).items.length;
      usage.set(name, quantityOf(count));
    }
    return unserved;
  }

  /** Where the quota names any: what asks for devices is seldom there. */
  async function countDevices(quota: KubeObject, namespace: string, usage: Amounts): Promise<void> {
    if (!Object.keys(quota.spec?.hard ?? {}).some(namesDevices)) return;
    const list = async (ref: ResourceRef, query: ListQuery): Promise<KubeObject[]> => {
      try {
        return (await cluster.list(ref, query)).items;
      } catch (error) {
        // resource.k8s.io may be turned off
        if (isCode(error, 404)) return [];
        throw error;
      }
    };
    const claims = await list(resourceClaims, { namespace });
    const classes = await list(deviceClasses, {});
    const around = {
      extendedResource: (name: string) =>
        classes.find(({ metadata }) => metadata.name === name)?.spec?.extendedResourceName,
      pod: (_: string, name: string) => podInformer.store.get(`${namespace}/${name}`),
      claims: () => claims,
    };
    const { group, resource } = resourceClaims;
    for (const claim of claims) {
      if (!inScope(quota, group, resource, claim)) continue;
      const used = usageOf(group, resource, claim, context.now(), around);
      // plain counts are taken with the others
      addAmounts(usage, new Map([...used].filter(([name]) => namesDevices(name))));
    }
  }

  /** Of what is counted by name: told when one of it is gone, so that it need not wait for a recount. */
  const watched = new Set<string>();
  function watch(ref: ResourceRef): void {
    const key = `${ref.group}/${ref.resource}`;
    if (watched.has(key)) return;
    watched.add(key);
    const informer = informers.existing(ref) ?? informers.of(ref, { metadataOnly: true });
    informer.on(({ type, object }) => {
      if (type === 'deleted') recount(object.metadata.namespace ?? '');
    });
  }

  function recount(namespace: string): void {
    for (const quota of quotas.store.indexed('namespace', namespace)) {
      loop.addAfter(keyOf(quota), gatherMs);
    }
  }

  const loop = createLoop(context, 'resourcequota', reconcile);
  // What the API server charges is in the status before the object is anywhere: a recount for that
  // would give it back.
  quotas.on(({ type, object, old }) => {
    if (type === 'added' || !semanticEqual(object.spec, old?.spec)) loop.add(keyOf(object));
  });
  for (const { ref, informer } of counted) {
    const countedAs = (o: KubeObject) => [
      [...usageOf(ref.group, ref.resource, o, context.now())].map(([n, q]) => [
        n,
        formatQuantity(q),
      ]),
      o.spec?.activeDeadlineSeconds,
    ];
    informer.on(({ type, object, old }) => {
      const freed =
        type === 'deleted' ||
        (old !== undefined && JSON.stringify(countedAs(old)) !== JSON.stringify(countedAs(object)));
      if (freed) recount(object.metadata.namespace ?? '');
    });
  }
  return { name: 'resourcequota', loops: [loop] };
}

/** What is used of each thing the quota limits; zero where nothing is. */
function usedOf(quota: KubeObject, usage: Amounts): Record<string, string> {
  const used: Record<string, string> = {};
  for (const name of Object.keys(quota.spec?.hard ?? {})) {
    used[name] = formatQuantity(usage.get(name) ?? quantityOf(0));
  }
  return used;
}
