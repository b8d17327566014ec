import type { KindDefinition } from '../resource.ts';

export const eventsEvent: KindDefinition = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  resource: 'events',
  namespaced: true,
  shortNames: ['ev'],
  storagePath: 'events',
  storedAs: { group: '', version: 'v1', kind: 'Event' },
  nameRule: 'path-segment',
  generation: false,
  createOnUpdate: true,
};
