import { expirationOf } from '../../object/bootstrap-token.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { keyOf } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue } from '../context.ts';
import { secrets } from '../resources.ts';
import { tokenSecrets } from './token.ts';

/** Deletes bootstrap tokens that are over, and those whose end is no time. */
export function tokenCleanerController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const tokens = informers.of(secrets, tokenSecrets);

  async function reconcile(key: string): Promise<Result> {
    const secret = tokens.store.get(key);
    const end = secret === undefined ? undefined : expirationOf(secret);
    if (secret === undefined || end === undefined) return done;
    const left = end - context.now().getTime();
    if (left > 0) return requeueAfter(left);
    const { namespace = '', name = '', uid = '' } = secret.metadata;
    await cluster.delete(secrets, namespace, name, { uid });
    return done;
  }

  const loop = createLoop(context, 'token_cleaner', reconcile);
  enqueue(tokens, loop, (secret) => [keyOf(secret)]);
  return { name: 'tokencleaner', loops: [loop] };
}
