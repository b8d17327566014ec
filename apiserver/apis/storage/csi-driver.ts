import { ageColumn, booleanColumn, nameColumn, textColumn } from '../column.ts';
import { checkImmutable, checkOptionalOneOf, type Errors } from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const csiDriver: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  namespaced: false,
  storagePath: 'csidrivers',
  generation: true,
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    booleanColumn('AttachRequired', ({ spec }) => spec?.attachRequired ?? true),
    booleanColumn('PodInfoOnMount', ({ spec }) => spec?.podInfoOnMount ?? false),
    booleanColumn('StorageCapacity', ({ spec }) => spec?.storageCapacity ?? false),
    textColumn('TokenRequests', ({ spec }) => {
      const audiences = (spec?.tokenRequests ?? []).map((t: Plain) => t.audience);
      return audiences.length === 0 ? '<unset>' : audiences.join(',');
    }),
    booleanColumn('RequiresRepublish', ({ spec }) => spec?.requiresRepublish ?? false),
    textColumn('Modes', ({ spec }) => (spec?.volumeLifecycleModes ?? []).join(',') || '<none>'),
    ageColumn,
  ],
  default(driver) {
    driver.spec ??= {};
    setDefaults(driver.spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      requiresRepublish: false,
      seLinuxMount: false,
    });
    if ((driver.spec.volumeLifecycleModes ?? []).length === 0) {
      driver.spec.volumeLifecycleModes = ['Persistent'];
    }
  },
  validate({ spec }) {
    const errors: Errors = [];
    const policies = ['File', 'None', 'ReadWriteOnceWithFSType'];
    checkOptionalOneOf(errors, spec.fsGroupPolicy, 'spec.fsGroupPolicy', policies);
    for (const mode of spec.volumeLifecycleModes ?? []) {
      checkOptionalOneOf(errors, mode, 'spec.volumeLifecycleModes', ['Ephemeral', 'Persistent']);
    }
    return errors;
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    for (const field of ['attachRequired', 'volumeLifecycleModes']) {
      const path = field === 'attachRequired' ? `spec.attachedRequired` : `spec.${field}`;
      checkImmutable(errors, next.spec[field], old.spec[field], path);
    }
    return errors;
  },
};
