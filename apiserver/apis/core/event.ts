import { fieldInvalid } from '../../../object/field-error.ts';
import { eventColumns, eventFields } from '../events/event-form.ts';
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
  ttlSeconds: () => eventSecondsToLive,
  validate({ metadata, involvedObject }) {
    const namespace = metadata.namespace ?? '';
    const about = involvedObject?.namespace ?? '';
    // Events of cluster-scoped objects lie in the default namespace.
    if (
      about === namespace ||
      (about === '' && (namespace === 'default' || namespace === 'kube-system'))
    ) {
      return [];
    }
    return [fieldInvalid('involvedObject.namespace', about, 'does not match event.namespace')];
  },
};

/** kube-apiserver's --event-ttl where it is not given. */
export const eventSecondsToLive = 3600;
