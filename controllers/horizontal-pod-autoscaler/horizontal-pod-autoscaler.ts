import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { keyOf, splitKey } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop } from '../context.ts';
import { horizontalPodAutoscalers, pods } from '../resources.ts';
import type { History } from './history.ts';
import { noteCount, noteDesired } from './monitor.ts';
import { ScaleTargets } from './scale-target.ts';
import { SelectorTable } from './selector-table.ts';
import { synchronize } from './synchronize.ts';

/**
 * Scales what HorizontalPodAutoscalers name so that its metrics come near their targets (pkg/controller/podautoscaler).
 * Each is looked at once in a period, whatever changes meanwhile.
 */
export function horizontalPodAutoscalerController(context: ControllerContext): Controller {
  const { cluster, informers, settings, log } = context;
  const { syncPeriodMs } = settings.autoscaler;
  const autoscalers = informers.of(horizontalPodAutoscalers);
  const histories = new Map<string, History>();
  const selectors = new SelectorTable();
  const targets = new ScaleTargets(cluster, () => context.now().getTime());
  const shared = { context, targets, selectors, histories, podInformer: informers.of(pods) };

  async function reconcile(key: string): Promise<Result> {
    const autoscaler = autoscalers.store.get(key);
    if (autoscaler === undefined) {
      const { namespace, name } = splitKey(key);
      histories.delete(key);
      noteDesired(namespace, name, undefined);
      return done;
    }
    try {
      await synchronize(shared, autoscaler);
    } catch (error) {
      // Events and conditions tell of it.
      log.debug({ autoscaler: key, error: (error as Error).message }, 'not scaled');
    }
    return requeueAfter(syncPeriodMs);
  }

  const loop = createLoop(context, 'horizontalpodautoscaler', reconcile);
  autoscalers.on(({ type, object }) => {
    const key = keyOf(object);
    if (type === 'deleted') selectors.delete(key);
    else selectors.add(key);
    noteCount(autoscalers.store.size);
    loop.addAfter(key, syncPeriodMs);
  });
  return { name: 'horizontal-pod-autoscaler', loops: [loop] };
}
