import type { Controller } from '../../reconciler/manager.ts';
import { done, type Result } from '../../reconciler/result.ts';
import { type ControllerContext, createLoop } from '../context.ts';
import { nodes } from '../resources.ts';
import { type Cidr, formatCidr, freeBlock, parseCidr } from './cidr-range.ts';

/** Gives every node a pod CIDR (`--allocate-node-cidrs`); one at a time, so that none is given twice. */
export function nodeIpamController(context: ControllerContext): Controller {
  const { cluster, informers, settings } = context;
  const informer = informers.of(nodes);
  const range = parseCidr(settings.clusterCidr ?? '');
  const reserved = settings.serviceCidr === undefined ? [] : [parseCidr(settings.serviceCidr)];

  async function reconcile(name: string): Promise<Result> {
    const node = informer.store.get(name);
    if (node === undefined || (node.spec?.podCIDR ?? '') !== '') return done;
    const taken: Cidr[] = [...reserved];
    for (const other of informer.store.values()) {
      for (const text of other.spec?.podCIDRs ?? []) {
        if (!String(text).includes(':')) taken.push(parseCidr(text));
      }
    }
    const block = freeBlock(range, settings.nodeCidrMaskSize, taken);
    if (block === undefined) {
      const message = `Node ${name} status is now: CIDRNotAvailable`;
      context.events.record(node, 'Normal', 'CIDRNotAvailable', message);
      throw new Error('CIDR allocation failed; there are no remaining CIDRs left to allocate');
    }
    const podCIDR = formatCidr(block);
    await cluster.update(nodes, { ...node, spec: { ...node.spec, podCIDR, podCIDRs: [podCIDR] } });
    return done;
  }

  const loop = createLoop({ ...context, workers: 1 }, 'node-ipam', reconcile);
  informer.on(({ object }) => loop.add(object.metadata.name ?? ''));
  return { name: 'node-ipam', loops: [loop] };
}
