import type { KubeObject } from '../../object/object.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { type ControllerContext, createLoop, enqueue } from '../context.ts';
import { nodes } from '../resources.ts';

const annotation = 'node.alpha.kubernetes.io/ttl';

/**
 * From how many nodes on how many seconds hold, and below how many those of the step before hold again
 * (pkg/controller/ttl).
 */
const steps = [
  { above: 0, below: 0, seconds: 0 },
  { above: 100, below: 90, seconds: 15 },
  { above: 500, below: 450, seconds: 30 },
  { above: 1000, below: 900, seconds: 60 },
  { above: 2000, below: 1800, seconds: 300 },
];

/** The step for so many nodes, coming from another one. Pure. */
export function stepFor(nodeCount: number, from: number): number {
  let step = from;
  while (step + 1 < steps.length && nodeCount > (steps[step + 1]?.above ?? 0)) step++;
  while (step > 0 && nodeCount < (steps[step]?.below ?? 0)) step--;
  return step;
}

/** Tells kubelets, by an annotation of their Node, how long they may keep Secrets and ConfigMaps. */
export function ttlController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const informer = informers.of(nodes);
  let step = 0;

  async function reconcile(name: string): Promise<Result> {
    const node = informer.store.get(name);
    if (node === undefined) return done;
    const seconds = steps[step]?.seconds ?? 0;
    if (secondsOf(node) === seconds) return done;
    const body = { metadata: { annotations: { [annotation]: String(seconds) } } };
    await cluster.patch(nodes, { namespace: '', name }, 'strategic', body);
    return done;
  }

  const loop = createLoop(context, 'ttlcontroller', reconcile);
  informer.on(() => {
    step = stepFor(informer.store.size, step);
  });
  // Kubelets write their status every few seconds: all nodes come by soon after a step.
  enqueue(informer, loop, ({ metadata }) => [metadata.name ?? '']);
  return { name: 'ttl', loops: [loop] };
}

/** Undefined where it is not there, or no whole number. */
function secondsOf(node: KubeObject): number | undefined {
  const text = node.metadata.annotations?.[annotation] ?? '';
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}
