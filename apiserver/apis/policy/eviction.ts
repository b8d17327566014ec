import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeObject, timestamp } from '../../../object/object.ts';
import { labelSelectorFromObject, matches } from '../../../object/selector.ts';
import {
  badRequest,
  forbidden,
  type StatusBody,
  StatusError,
} from '../../../object/status-error.ts';
import { isPodReady } from '../core/pod-conditions.ts';
import type { Plain } from '../plain.ts';

/**
 * POST pods/<name>/eviction: a delete that asks the pod's disruption budget first
 * (registry/core/pod/storage/eviction.go).
 */

/** What an eviction needs of the server. All reads are fresh; every conflict is a StatusError 409. */
export interface EvictionPorts {
  /** @throws StatusError 404 */
  getPod(namespace: string, name: string): Promise<KubeObject>;
  listBudgets(namespace: string): Promise<readonly KubeObject[]>;
  getBudget(namespace: string, name: string): Promise<KubeObject>;
  /** Writes the status of a budget of the caller's own, with its resourceVersion as precondition. */
  updateBudgetStatus(budget: KubeObject): Promise<void>;
  /** Sets the condition on the pod and gives the pod's new resourceVersion. */
  setPodCondition(namespace: string, name: string, condition: Plain): Promise<string>;
  /** `options` is a DeleteOptions. */
  deletePod(namespace: string, name: string, options: Plain): Promise<void>;
}

/** Tries against writers that come first, with a pause before each. */
const triesMax = 20;
const pauseMs = 500;
/** Evictions that the budget's controller has not confirmed yet. */
const disruptedPodsMax = 2000;

export interface EvictionRequest {
  namespace: string;
  name: string;
  eviction: KubeObject;
  /** What admission has to say of the eviction. */
  admit?: () => Promise<void>;
  /** From the URL's query. */
  dryRun: boolean;
  now: Date;
  signal: AbortSignal;
}

/** @throws StatusError 429 when the budget does not allow it now */
export async function evict(ports: EvictionPorts, request: EvictionRequest): Promise<StatusBody> {
  const { namespace, name, eviction, signal } = request;
  if (eviction.metadata.name !== name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  const options = deleteOptions(request);
  await request.admit?.();
  const pinned = options.preconditions?.resourceVersion !== undefined;
  const pod = await retried(pinned ? 1 : triesMax, signal, async () => {
    const found = await ports.getPod(namespace, name);
    if (!ignoresBudgets(found)) return found;
    const ended = ['Succeeded', 'Failed'].includes(found.status?.phase);
    const race = !ended && !found.metadata.deletionTimestamp && !pinned;
    await remove(ports, request, race ? withVersion(options, found) : options, found);
    return undefined;
  });
  if (pod === undefined) return success();
  const budgets = (await ports.listBudgets(namespace)).filter((b) => covers(b, pod));
  const [budget, ...more] = budgets;
  if (more.length > 0) {
    const text =
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new StatusError(500, '', text);
  }
  const unready = budget !== undefined && isExpendable(budget, pod);
  if (budget !== undefined && !unready) await spend(ports, request, budget, options);
  try {
    await remove(ports, request, unready ? withVersion(options, pod) : options, pod);
  } catch (error) {
    // It changed since it was seen unready: it may count as healthy now.
    if (unready && !pinned && isConflict(error)) throw stillProcessing(budget.metadata.name ?? '');
    throw error;
  }
  return success();
}

function success(): StatusBody {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

function deleteOptions({ eviction, dryRun }: EvictionRequest): Plain {
  const options: Plain = { ...eviction.deleteOptions };
  if ((options.dryRun ?? []).length === 0 && dryRun) options.dryRun = ['All'];
  return options;
}

function withVersion(options: Plain, pod: KubeObject): Plain {
  const { resourceVersion } = pod.metadata;
  return { ...options, preconditions: { ...options.preconditions, resourceVersion } };
}

/** Ended, not started or already on its way out: no budget counts it. */
function ignoresBudgets({ metadata, status }: KubeObject): boolean {
  return (
    ['Succeeded', 'Failed', 'Pending'].includes(status?.phase) ||
    Boolean(metadata.deletionTimestamp)
  );
}

/** An empty selector covers every pod of the namespace, none covers none. */
function covers(budget: KubeObject, pod: KubeObject): boolean {
  const selector = budget.spec?.selector;
  if (selector === undefined || selector === null) return false;
  try {
    return matches(labelSelectorFromObject(selector), pod.metadata.labels);
  } catch {
    return false;
  }
}

/** An unready pod does not count as healthy, so losing it takes nothing from the budget (KEP-3017). */
function isExpendable({ spec, status }: KubeObject, pod: KubeObject): boolean {
  if (isPodReady(pod)) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const desired = status?.desiredHealthy ?? 0;
  return desired > 0 && (status?.currentHealthy ?? 0) >= desired;
}

/** Takes one disruption out of the budget. */
async function spend(
  ports: EvictionPorts,
  { namespace, name, signal, now }: EvictionRequest,
  first: KubeObject,
  options: Plain,
): Promise<void> {
  let budget: KubeObject | undefined = first;
  const budgetName = first.metadata.name ?? '';
  try {
    await retried(triesMax, signal, async () => {
      budget ??= await ports.getBudget(namespace, budgetName);
      const next = decremented(budget, name, now);
      budget = undefined;
      if ((options.dryRun ?? []).length === 0) await ports.updateBudgetStatus(next);
    });
  } catch (error) {
    if (!isConflict(error)) throw error;
    const text = `Timeout: couldn't update PodDisruptionBudget ${JSON.stringify(budgetName)} due to conflicts`;
    throw new StatusError(504, 'Timeout', text, { retryAfterSeconds: 10 });
  }
}

function decremented(budget: KubeObject, pod: string, now: Date): KubeObject {
  const status: Plain = budget.status ?? {};
  const name = budget.metadata.name ?? '';
  const resource = { group: 'policy', resource: 'poddisruptionbudget' };
  if ((status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    throw stillProcessing(name);
  }
  const allowed: number = status.disruptionsAllowed ?? 0;
  if (allowed < 0) throw forbidden(resource, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > disruptedPodsMax) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbidden(resource, name, why);
  }
  if (allowed === 0) {
    const { desiredHealthy = 0, currentHealthy = 0 } = status;
    throw tooManyDisruptions(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  }
  const disruptedPods = { ...status.disruptedPods, [pod]: timestamp(now) };
  const next = { ...status, disruptionsAllowed: allowed - 1, disruptedPods };
  return { ...budget, status: allowed === 1 ? withoutAllowance(next, budget, now) : next };
}

/** The last disruption is spent: the budget says so at once, not when its controller comes round. */
function withoutAllowance(status: Plain, budget: KubeObject, now: Date): Plain {
  const others = (status.conditions ?? []).filter((c: Plain) => c.type !== 'DisruptionAllowed');
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    observedGeneration: budget.metadata.generation,
    lastTransitionTime: timestamp(now),
  };
  return { ...status, conditions: [...others, condition] };
}

function tooManyDisruptions(message: string, retryAfterSeconds?: number): StatusError {
  const text = "Cannot evict pod as it would violate the pod's disruption budget.";
  return new StatusError(429, 'TooManyRequests', text, {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function stillProcessing(name: string): StatusError {
  return tooManyDisruptions(
    `The disruption budget ${name} is still being processed by the server.`,
    10,
  );
}

async function remove(
  ports: EvictionPorts,
  { namespace, name }: EvictionRequest,
  options: Plain,
  pod: KubeObject,
): Promise<void> {
  let sent = options;
  if ((options.dryRun ?? []).length === 0 && !pod.metadata.deletionTimestamp) {
    const resourceVersion = await ports.setPodCondition(namespace, name, {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    });
    if (options.preconditions?.resourceVersion !== undefined) {
      sent = { ...options, preconditions: { ...options.preconditions, resourceVersion } };
    }
  }
  await ports.deletePod(namespace, name, sent);
}

function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'Conflict';
}

async function retried<T>(tries: number, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt >= tries || !isConflict(error)) throw error;
      await sleep(pauseMs, undefined, { signal });
    }
  }
}
