import { eventSecondsToLive } from '../core/event.ts';
import {
  eventColumns,
  eventFields,
  fromCoreEvent,
  isEventsLabel,
  toCoreEvent,
} from './event-form.ts';
import { validateChangedEvent, validateNewEvent } from './event-validation.ts';
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
  generation: false,
  createOnUpdate: true,
  fromStored: fromCoreEvent,
  toStored: toCoreEvent,
  columns: eventColumns,
  selectableFields: eventFields,
  isFieldLabel: isEventsLabel,
  ignoresDependents: true,
  ttlSeconds: () => eventSecondsToLive,
  validateCreate: validateNewEvent,
  validateUpdate: validateChangedEvent,
};
