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
};
