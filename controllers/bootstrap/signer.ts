import { expirationOf } from '../../object/bootstrap-token.ts';
import { deepEqual } from '../../object/equal.ts';
import type { Controller } from '../../reconciler/manager.ts';
import { done, requeueAfter, type Result } from '../../reconciler/result.ts';
import { keyFor } from '../../reconciler/store.ts';
import { type ControllerContext, createLoop, updateLatest } from '../context.ts';
import { configMaps, secrets } from '../resources.ts';
import { detachedSignature, signingToken, tokenSecrets } from './token.ts';

const namespace = 'kube-public';
const name = 'cluster-info';
const prefix = 'jws-kubeconfig-';

/**
 * Signs the kubeconfig of `cluster-info` with every bootstrap token, so that who joins with one can tell that it is
 * this cluster's (`kubeadm join`).
 */
export function bootstrapSignerController(context: ControllerContext): Controller {
  const { cluster, informers } = context;
  const fieldSelector = `metadata.name=${name}`;
  const infos = informers.of(configMaps, { namespace, fieldSelector });
  const tokens = informers.of(secrets, tokenSecrets);

  async function reconcile(): Promise<Result> {
    const info = infos.store.get(keyFor(namespace, name));
    if (info === undefined) return done;
    const now = context.now();
    await updateLatest(cluster, configMaps, info, (latest) => {
      const before: Record<string, string> = latest['data'] ?? {};
      const content = before['kubeconfig'];
      if (content === undefined) return undefined;
      const others = Object.entries(before).filter(([key]) => !key.startsWith(prefix));
      const data = Object.fromEntries(others);
      for (const secret of tokens.store.values()) {
        const token = signingToken(secret, now);
        if (token !== undefined) data[prefix + token.id] = detachedSignature(content, token);
      }
      return deepEqual(data, before) ? undefined : { ...latest, data };
    });
    return untilNextEnd(now.getTime());
  }

  /** A signature goes when its token is over, even where nobody deletes that. */
  function untilNextEnd(now: number): Result {
    const ends = [...tokens.store.values()]
      .map((secret) => expirationOf(secret) ?? 0)
      .filter((at) => at >= now);
    return ends.length === 0 ? done : requeueAfter(Math.min(...ends) - now + 1);
  }

  const loop = createLoop({ ...context, workers: 1 }, 'bootstrap_signer_queue', reconcile);
  infos.on(() => loop.add(name));
  tokens.on(() => loop.add(name));
  return { name: 'bootstrapsigner', loops: [loop] };
}
