import { nameColumn, textColumn } from '../column.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const componentStatus: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  namespaced: false,
  shortNames: ['cs'],
  verbs: ['get', 'list'],
  storagePath: '',
  columns: [
    nameColumn,
    textColumn('Status', status),
    textColumn('Message', (component) => healthy(component)?.message ?? ''),
    textColumn('Error', (component) => healthy(component)?.error ?? ''),
  ],
};

function healthy(component: KubeObject): Plain | undefined {
  return (component.conditions ?? []).find((c: Plain) => c.type === 'Healthy');
}

function status(component: KubeObject): string {
  const condition = healthy(component);
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'Healthy' : 'Unhealthy';
}
