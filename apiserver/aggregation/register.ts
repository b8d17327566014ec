import { semanticEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { Logger } from '../../log/log.ts';
import type { BootstrapPort } from '../bootstrap/reconcile.ts';
import { groupVersionPriority } from '../discovery/priorities.ts';
import type { Lister } from '../watch/view.ts';

/**
 * APIServices of this server's own groups. Those of built-in groups are brought to what they should
 * be at start, those of custom resources are kept that way; both carry a label that says so, and
 * without the label an APIService is left alone (kube-aggregator autoregister_controller.go).
 */
const managedLabel = 'kube-aggregator.kubernetes.io/automanaged';
type Managed = 'onstart' | 'true';

interface GroupVersion {
  group: string;
  version: string;
}

const ref = (name: string) => ({
  group: 'apiregistration.k8s.io',
  resource: 'apiservices',
  namespace: '',
  name,
});
const nameOf = ({ group, version }: GroupVersion): string => `${version}.${group}`;

function apiServiceOf(gv: GroupVersion, managed: Managed): KubeObject {
  const priority = groupVersionPriority(gv.group, gv.version);
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: nameOf(gv), labels: { [managedLabel]: managed } },
    spec: {
      ...(gv.group === '' ? {} : { group: gv.group }),
      groupPriorityMinimum: priority.group,
      version: gv.version,
      versionPriority: priority.version,
    },
  };
}

async function ensure(port: BootstrapPort, gv: GroupVersion, managed: Managed): Promise<void> {
  const name = nameOf(gv);
  const wanted = apiServiceOf(gv, managed);
  const existing = await port.get(ref(name), 'cached');
  if (existing === undefined) {
    await port.create(ref(name), wanted).catch(ignoring('AlreadyExists'));
    return;
  }
  if (existing.metadata.labels?.[managedLabel] === undefined) return;
  if (semanticEqual(existing['spec'], wanted['spec'])) return;
  const next = { ...existing, spec: wanted['spec'] };
  await port.update(ref(name), next).catch(ignoring('Conflict'));
}

/** Another API server has done the same in this moment. */
function ignoring(reason: string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof StatusError) || error.reason !== reason) throw error;
  };
}

/** The built-in groups, once; the aggregator's own has none. */
export async function registerBuiltIn(
  port: BootstrapPort,
  resources: readonly GroupVersion[],
): Promise<void> {
  const all = new Map(resources.map((gv) => [nameOf(gv), gv]));
  const own = [...all.values()].filter(({ group }) => group !== 'apiregistration.k8s.io');
  await Promise.all(own.map((gv) => ensure(port, gv, 'onstart')));
}

/** Groups of definitions, for as long as they serve a version. Stop it with the function returned. */
export function registerCustom(
  port: BootstrapPort,
  definitions: Lister,
  apiServices: Lister,
  log: Logger,
): () => void {
  let running = Promise.resolve();
  let waiting = false;
  let stopped = false;

  async function bring(): Promise<void> {
    waiting = false;
    const served = new Map<string, GroupVersion>();
    for (const { spec } of definitions.list('') as Definition[]) {
      for (const { name: version, served: isServed } of spec.versions) {
        const gv = { group: spec.group, version };
        if (isServed) served.set(nameOf(gv), gv);
      }
    }
    for (const gv of served.values()) await ensure(port, gv, 'true');
    for (const { metadata } of apiServices.list('')) {
      const name = metadata.name ?? '';
      if (metadata.labels?.[managedLabel] !== 'true' || served.has(name)) continue;
      await port.delete(ref(name));
    }
  }

  const changed = (): void => {
    if (waiting || stopped) return;
    waiting = true;
    running = running.then(bring).catch((error: unknown) => {
      if (stopped) return;
      log.warn({ error }, 'the APIServices of custom resources are not up to date');
      setTimeout(changed, retryMs).unref();
    });
  };
  const unsubscribe = [
    definitions.onChange(changed),
    // what somebody deletes or changes is brought back
    apiServices.onChange(({ object, previous }) => {
      const { labels } = previous ?? object;
      if (labels[managedLabel] === 'true') changed();
    }),
  ];
  changed();
  return () => {
    stopped = true;
    for (const off of unsubscribe) off();
  };
}

const retryMs = 1_000;

interface Definition extends KubeObject {
  spec: { group: string; versions: { name: string; served: boolean }[] };
}
