import type { KindDefinition } from '../resource.ts';

export const event: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Event',
  resource: 'events',
  namespaced: true,
  shortNames: ['ev'],
  storagePath: 'events',
  nameRule: 'path-segment',
  generation: false,
  createOnUpdate: true,
};
