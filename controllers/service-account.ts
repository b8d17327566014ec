import type { Controller } from '../reconciler/manager.ts';
import { done, type Result } from '../reconciler/result.ts';
import { keyFor } from '../reconciler/store.ts';
import {
  type ControllerContext,
  createLoop,
  enqueue,
  isCode,
  isNamespaceTerminating,
} from './context.ts';
import { namespaces, serviceAccounts } from './resources.ts';

/** Every active namespace has a service account named `default`. */
export function serviceAccountController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const namespaceInformer = informers.of(namespaces);
  const accounts = informers.of(serviceAccounts, { fieldSelector: 'metadata.name=default' });

  async function reconcile(name: string): Promise<Result> {
    const namespace = namespaceInformer.store.get(name);
    if (namespace === undefined || namespace.metadata.deletionTimestamp != null) return done;
    if (accounts.store.get(keyFor(name, 'default')) !== undefined) return done;
    try {
      await cluster.create(serviceAccounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: name },
      });
    } catch (error) {
      if (!isCode(error, 409) && !isNamespaceTerminating(error)) throw error;
    }
    return done;
  }

  const loop = createLoop(context, 'serviceaccount', reconcile);
  enqueue(namespaceInformer, loop, (o) => [o.metadata.name ?? '']);
  accounts.on(({ type, object }) => {
    if (type === 'deleted' && object.metadata.name === 'default') {
      loop.add(object.metadata.namespace ?? '');
    }
  });
  return { name: 'serviceaccount', loops: [loop] };
}
