import type { KubeObject } from '../../object/object.ts';
import {
  defaultServiceCidr,
  namespace,
  priorityClasses,
  systemNamespaces,
} from './cluster-objects.ts';
import { flowSchemas, priorityLevelConfigurations } from './flow-control-policy.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './rbac-policy.ts';
import {
  type BootstrapPort,
  ensureExists,
  reconcileBinding,
  reconcileFlowControl,
  reconcileRole,
} from './reconcile.ts';

/**
 * Everything a fresh cluster needs before its first user. Runs at every start; a second run over an
 * unchanged cluster only reads. What needs nothing of each other is brought about at once, as upstream's
 * post-start hooks are: a hundred writes one after another would be half of the start.
 */
export async function bootstrapCluster(
  port: BootstrapPort,
  options: {
    /** `--service-cluster-ip-range`, split at commas. */
    serviceCidrs: readonly string[];
  },
): Promise<void> {
  const exists = (group: string, resource: string) => (object: KubeObject) => {
    const ref = { group, resource, namespace: '', name: object.metadata.name ?? '' };
    return ensureExists(port, ref, object);
  };
  await ensureNamespaces(port);
  await Promise.all([
    reconcileAllFlowControl(port),
    ...clusterRoles().map((role) => reconcileRole(port, 'clusterroles', role)),
    ...clusterRoleBindings().map((each) => reconcileBinding(port, 'clusterrolebindings', each)),
    ...roles().map((role) => reconcileRole(port, 'roles', role)),
    ...roleBindings().map((binding) => reconcileBinding(port, 'rolebindings', binding)),
    ...priorityClasses().map(exists('scheduling.k8s.io', 'priorityclasses')),
    exists('networking.k8s.io', 'servicecidrs')(defaultServiceCidr(options.serviceCidrs)),
  ]);
}

/** The namespaces of the system. */
export async function ensureNamespaces(port: BootstrapPort): Promise<void> {
  await Promise.all(
    systemNamespaces.map((name) =>
      ensureExists(
        port,
        { group: '', resource: 'namespaces', namespace: '', name },
        namespace(name),
      ),
    ),
  );
}

export async function reconcileAllFlowControl(port: BootstrapPort): Promise<void> {
  await Promise.all([
    ...priorityLevelConfigurations().map((level) =>
      reconcileFlowControl(port, 'prioritylevelconfigurations', level),
    ),
    ...flowSchemas().map((schema) => reconcileFlowControl(port, 'flowschemas', schema)),
  ]);
}
