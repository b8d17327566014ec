import type { KubeObject } from '../../../object/object.ts';
import { ageColumn, nameColumn, orNone, textColumn } from '../column.ts';
import type { Plain } from '../plain.ts';
import type { Column } from '../resource.ts';

/** What `kubectl get nodes` shows (printers.go printNode). */
export const nodeColumns: readonly Column[] = [
  nameColumn,
  textColumn('Status', readiness),
  textColumn('Roles', roles),
  ageColumn,
  textColumn('Version', (node) => node.status?.nodeInfo?.kubeletVersion ?? ''),
  textColumn('Internal-IP', (node) => address(node, 'InternalIP'), 1),
  textColumn('External-IP', (node) => address(node, 'ExternalIP'), 1),
  textColumn('OS-Image', (node) => info(node, 'osImage'), 1),
  textColumn('Kernel-Version', (node) => info(node, 'kernelVersion'), 1),
  textColumn('Container-Runtime', (node) => info(node, 'containerRuntimeVersion'), 1),
];

function readiness({ spec, status }: KubeObject): string {
  const ready = (status?.conditions ?? []).find((c: Plain) => c.type === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable === true ? `${text},SchedulingDisabled` : text;
}

const rolePrefix = 'node-role.kubernetes.io/';

function roles({ metadata }: KubeObject): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) {
      found.add(key.slice(rolePrefix.length));
    } else if (key === 'kubernetes.io/role' && value !== '') found.add(value);
  }
  return orNone([...found].sort().join(','));
}

function address(node: KubeObject, type: string): string {
  const found = (node.status?.addresses ?? []).find((a: Plain) => a.type === type);
  return orNone(found?.address);
}

function info(node: KubeObject, field: string): string {
  return node.status?.nodeInfo?.[field] || '<unknown>';
}
