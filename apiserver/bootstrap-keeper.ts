import type { Logger } from '../log/log.ts';
import { ensureNamespaces, reconcileAllFlowControl } from './bootstrap/bootstrap.ts';
import { flowSchemas, priorityLevelConfigurations } from './bootstrap/flow-control-policy.ts';
import type { BootstrapPort } from './bootstrap/reconcile.ts';
import { removedFlowControl } from './bootstrap/removed-flow-control.ts';
import { repeated } from './repeated.ts';
import type { Listers } from './watch/view.ts';

/** How often upstream looks at the system's namespaces and at the objects of flow control. */
const intervalMs = 60_000;

const group = 'flowcontrol.apiserver.k8s.io';

/**
 * What a cluster starts with and cannot do without is put right while the server runs: namespaces of the
 * system, and the objects of flow control, of which those that are obsolete go.
 * Source: pkg/controlplane/controller/systemnamespaces, pkg/registry/flowcontrol/rest.
 */
export function makeBootstrapKeeper(
  parts: { listers: Listers; writer: BootstrapPort; log: Logger },
  everyMs = intervalMs,
): { start(): Promise<void>; stop(): Promise<void> } {
  const { listers, writer, log } = parts;
  const kinds = [
    ['flowschemas', flowSchemas()],
    ['prioritylevelconfigurations', priorityLevelConfigurations()],
  ] as const;
  const lists = kinds.map(([resource]) => listers.lister(group, resource));

  async function once(): Promise<void> {
    await ensureNamespaces(writer);
    await reconcileAllFlowControl(writer);
    for (const [i, [resource, wanted]] of kinds.entries()) {
      for (const name of removedFlowControl(lists[i]?.list('') ?? [], wanted)) {
        await writer.delete({ group, resource, namespace: '', name });
      }
    }
  }

  const again = repeated(once, everyMs, (error) =>
    log.warn({ error }, 'what the server is started with could not be put right'),
  );
  return {
    async start() {
      again.start();
    },
    stop: () => again.stop(),
  };
}
