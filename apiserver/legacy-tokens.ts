import type { Logger } from '../log/log.ts';
import type { KubeObject } from '../object/object.ts';
import { StatusError } from '../object/status-error.ts';
import type { BootstrapPort } from './bootstrap/reconcile.ts';
import { RepairQueue } from './repair-queue.ts';
import type { Listers } from './watch/view.ts';

const lastUsed = 'kubernetes.io/legacy-token-last-used';
const dayMs = 86_400_000;

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/**
 * Secrets whose tokens are used say on which day that was last. In the background: nobody waits for it,
 * and a failure is tried again with the next use. Source: pkg/serviceaccount/legacy.go.
 */
export function makeLastUsedLabels(
  writer: () => BootstrapPort,
  log: Logger,
): (secret: KubeObject) => void {
  const writing = new Set<string>();
  return (secret) => {
    const { name = '', namespace = '', uid = '', labels } = secret.metadata;
    const now = Date.now();
    const last = labels?.[lastUsed];
    // clocks of servers differ
    if (last === dateOf(now) || last === dateOf(now + dayMs) || writing.has(uid)) return;
    writing.add(uid);
    label(writer(), { group: '', resource: 'secrets', namespace, name }, uid, dateOf(now))
      .catch((error: unknown) =>
        log.error({ error, namespace, name }, 'a secret could not be labelled with its last use'),
      )
      .finally(() => writing.delete(uid));
  };
}

async function label(
  port: BootstrapPort,
  ref: Parameters<BootstrapPort['get']>[0],
  uid: string,
  date: string,
): Promise<void> {
  const now = await port.get(ref);
  if (now === undefined || now.metadata.uid !== uid) return;
  const labels = { ...now.metadata.labels, [lastUsed]: date };
  await port.update(ref, { ...now, metadata: { ...now.metadata, labels } });
}

const tracking = {
  group: '',
  resource: 'configmaps',
  namespace: 'kube-system',
  name: 'kube-apiserver-legacy-service-account-token-tracking',
};

/** A ConfigMap that is deleted is made again, at most so often. */
const creationMs = 30 * 60_000;

/**
 * Keeps the ConfigMap that says since when uses of legacy tokens are known.
 * Source: pkg/controlplane/controller/legacytokentracking.
 */
export function makeTokenTracking(parts: {
  listers: Listers;
  writer: BootstrapPort;
  log: Logger;
}): { start(): Promise<void>; stop(): Promise<void> } {
  const { writer, log } = parts;
  const configMaps = parts.listers.lister('', 'configmaps');
  let createdAt = -Infinity;

  /** Milliseconds until it may be made; undefined: it is as it should be. */
  async function sync(): Promise<number | undefined> {
    const existing = await writer.get(tracking);
    const since = dateOf(Date.now());
    if (existing === undefined) {
      const waitMs = createdAt + creationMs - performance.now();
      if (waitMs > 0) return waitMs;
      const { namespace, name } = tracking;
      const fresh = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name } };
      await writer.create(tracking, { ...fresh, data: { since } });
      createdAt = performance.now();
      return undefined;
    }
    if (isDate(existing['data']?.since)) return undefined;
    await writer.update(tracking, { ...existing, data: { ...existing['data'], since } });
    return undefined;
  }

  const queue = new RepairQueue(
    () => sync().catch(lostRace),
    (_key, error) => log.warn({ error }, 'since when legacy tokens are tracked is not written'),
  );
  let unsubscribe = (): void => {};
  return {
    async start() {
      await sync().catch(lostRace);
      unsubscribe = configMaps.onChange(({ object: { namespace, name } }) => {
        if (name === tracking.name && namespace === tracking.namespace) queue.add(name);
      });
    },
    stop() {
      unsubscribe();
      return queue.stop();
    },
  };
}

/** Another server has written it. */
function lostRace(error: unknown): undefined {
  if (error instanceof StatusError && (error.code === 409 || error.code === 404)) return undefined;
  throw error;
}

function isDate(text: unknown): boolean {
  return (
    typeof text === 'string' && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
  );
}
