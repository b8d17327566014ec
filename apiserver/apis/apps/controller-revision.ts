import type { KindDefinition } from '../resource.ts';

export const controllerRevision: KindDefinition = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  namespaced: true,
  storagePath: 'controllerrevisions',
  generation: false,
};
