import { semanticEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { BootstrapPort } from '../bootstrap/reconcile.ts';
import { groupVersionPriority } from '../discovery/priorities.ts';

/**
 * APIServices of this server's own groups. Those of built-in groups are brought to what they should
 * be at start, those of custom resources are kept that way; both carry a label that says so, and
 * without the label an APIService is left alone (kube-aggregator autoregister_controller.go).
 */
export const managedLabel = 'kube-aggregator.kubernetes.io/automanaged';
type Managed = 'onstart' | 'true';

export interface GroupVersion {
  group: string;
  version: string;
}

export const ref = (name: string) => ({
  group: 'apiregistration.k8s.io',
  resource: 'apiservices',
  namespace: '',
  name,
});
export const nameOf = ({ group, version }: GroupVersion): string => `${version}.${group}`;

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

export async function ensure(
  port: BootstrapPort,
  gv: GroupVersion,
  managed: Managed,
): Promise<void> {
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
