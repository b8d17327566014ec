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
 * Everything a fresh cluster needs before its first user, in dependency order. Runs at every start;
 * a second run over an unchanged cluster only reads.
 */
export async function bootstrapCluster(
  port: BootstrapPort,
  options: {
    /** `--service-cluster-ip-range`, split at commas. */
    serviceCidrs: readonly string[];
  },
): Promise<void> {
  for (const name of systemNamespaces) {
    const ref = { group: '', resource: 'namespaces', namespace: '', name };
    await ensureExists(port, ref, namespace(name));
  }
  for (const level of priorityLevelConfigurations()) {
    await reconcileFlowControl(port, 'prioritylevelconfigurations', level);
  }
  for (const schema of flowSchemas()) await reconcileFlowControl(port, 'flowschemas', schema);
  for (const role of clusterRoles()) await reconcileRole(port, 'clusterroles', role);
  for (const binding of clusterRoleBindings()) {
    await reconcileBinding(port, 'clusterrolebindings', binding);
  }
  for (const role of roles()) await reconcileRole(port, 'roles', role);
  for (const binding of roleBindings()) await reconcileBinding(port, 'rolebindings', binding);
  for (const object of priorityClasses()) {
    const name = object.metadata.name ?? '';
    const ref = { group: 'scheduling.k8s.io', resource: 'priorityclasses', namespace: '', name };
    await ensureExists(port, ref, object);
  }
  const cidr = defaultServiceCidr(options.serviceCidrs);
  const ref = {
    group: 'networking.k8s.io',
    resource: 'servicecidrs',
    namespace: '',
    name: 'kubernetes',
  };
  await ensureExists(port, ref, cidr);
}
