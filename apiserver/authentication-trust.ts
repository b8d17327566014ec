import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../log/log.ts';
import type { KubeObject } from '../object/object.ts';
import { type AuthenticationTrust, combinedTrust } from './bootstrap/authentication-trust.ts';
import type { BootstrapPort } from './bootstrap/reconcile.ts';
import type { ServerConfig } from './config.ts';
import type { Credentials } from './credentials.ts';
import { RepairQueue } from './repair-queue.ts';
import type { Listers } from './watch/view.ts';

const ref = {
  group: '',
  resource: 'configmaps',
  namespace: 'kube-system',
  name: 'extension-apiserver-authentication',
};

/** How often upstream looks whether it is still as it should be. */
const intervalMs = 60_000;

/** Of a ConfigMap. */
const bytesMax = 1 << 20;

/**
 * Keeps ConfigMap kube-system/extension-apiserver-authentication: looks at the start, when a bundle or the
 * object itself changes, and every minute.
 */
export function makeAuthenticationTrust(
  config: ServerConfig,
  parts: { listers: Listers; writer: BootstrapPort; credentials: Credentials; log: Logger },
): { start(): Promise<void>; stop(): Promise<void> } {
  const { writer, credentials, log } = parts;
  const configMaps = parts.listers.lister('', 'configmaps');
  const { frontProxy } = config.authn;
  const own = (): AuthenticationTrust => ({
    ...frontProxy,
    clientCa: credentials.clientCaPem(),
    requestHeaderCa: credentials.frontProxyCaPem(),
  });

  async function sync(): Promise<void> {
    const existing = await writer.get(ref);
    const before: Record<string, string> = existing?.data ?? {};
    const data = combinedTrust(before, own());
    if (isDeepStrictEqual({ ...before }, data)) return;
    if (existing !== undefined && Buffer.byteLength(JSON.stringify(data)) > bytesMax) {
      // each server that is still there adds what it has to a new one
      await writer.delete(ref);
      return again();
    }
    if (existing !== undefined) return await writer.update(ref, { ...existing, data });
    const { namespace, name } = ref;
    const fresh: KubeObject = {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data },
    };
    await writer.create(ref, fresh);
  }

  const queue = new RepairQueue(
    async () => {
      await sync();
      return intervalMs;
    },
    (_key, error) => log.warn({ error }, 'what aggregated servers trust is not up to date'),
  );
  const again = (): void => queue.add(ref.name);
  let unsubscribe = (): void => {};
  return {
    async start() {
      // another server that starts now may be first
      await sync().catch((error: unknown) =>
        log.debug({ error }, 'what aggregated servers trust could not be written yet'),
      );
      credentials.onTrustChange(again);
      unsubscribe = configMaps.onChange(({ object: { namespace, name } }) => {
        if (name === ref.name && namespace === ref.namespace) again();
      });
      again();
    },
    stop() {
      unsubscribe();
      return queue.stop();
    },
  };
}
