import { eventColumns, eventFields, isCoreLabel } from '../events/event-form.ts';
import { validateEvent } from '../events/event-validation.ts';
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
  columns: eventColumns,
  selectableFields: eventFields,
  isFieldLabel: isCoreLabel,
  ignoresDependents: true,
  ttlSeconds: () => eventSecondsToLive,
  updateChecks: ['rules'],
  validate: (event) => validateEvent(event),
};

/** kube-apiserver's --event-ttl where it is not given. */
export const eventSecondsToLive = 3600;
