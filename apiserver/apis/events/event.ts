import { fieldRequired } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { eventSecondsToLive } from '../core/event.ts';
import { checkImmutable, checkName, type Errors } from '../field-check.ts';
import { eventColumns, eventFields, fromCoreEvent, toCoreEvent } from './event-form.ts';
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
  fromStored: fromCoreEvent,
  toStored: toCoreEvent,
  columns: eventColumns,
  selectableFields: eventFields,
  ttlSeconds: () => eventSecondsToLive,
  validateCreate(event) {
    const errors: Errors = [];
    if (!event.eventTime) errors.push(fieldRequired('eventTime'));
    const controller = event.reportingController;
    checkName(errors, controller, 'reportingController', labelKeyErrors);
    for (const field of ['reportingInstance', 'action', 'reason']) {
      if (!event[field]) errors.push(fieldRequired(field));
    }
    if (event.type !== 'Normal' && event.type !== 'Warning') {
      errors.push({
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(event.type ?? '')}: has invalid value: ${event.type ?? ''}`,
        field: 'type',
      });
    }
    return errors;
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    const fixed = ['regarding', 'related', 'eventTime', 'action', 'reason', 'type', 'note'];
    for (const field of [...fixed, 'reportingController', 'reportingInstance']) {
      checkImmutable(errors, next[field], old[field], field);
    }
    return errors;
  },
};
