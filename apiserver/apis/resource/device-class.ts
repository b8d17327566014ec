import { ageColumn, nameColumn } from '../column.ts';
import type { KindDefinition } from '../resource.ts';

export const deviceClass: KindDefinition = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  resource: 'deviceclasses',
  namespaced: false,
  storagePath: 'deviceclasses',
  generation: true,
  columns: [nameColumn, ageColumn],
};
