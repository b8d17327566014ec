import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkImmutable, checkName, type Errors } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';

export const resourceSlice: KindDefinition = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  resource: 'resourceslices',
  namespaced: false,
  storagePath: 'resourceslices',
  generation: true,
  columns: [
    nameColumn,
    textColumn('Node', ({ spec }) => spec?.nodeName ?? ''),
    textColumn('Driver', ({ spec }) => spec?.driver ?? ''),
    textColumn('Pool', ({ spec }) => spec?.pool?.name ?? ''),
    ageColumn,
  ],
  selectableFields: ({ spec }) => ({
    'spec.nodeName': spec?.nodeName ?? '',
    'spec.driver': spec?.driver ?? '',
  }),
  fieldLabelRefusal: (field) =>
    `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${field}`,
  validate({ spec = {} }) {
    const errors: Errors = [];
    checkName(errors, spec.driver, 'spec.driver', dns1123SubdomainErrors);
    if (!spec.pool?.name) errors.push(fieldRequired('spec.pool.name'));
    if (!(spec.pool?.resourceSliceCount > 0)) {
      const text = 'must be greater than zero';
      errors.push(
        fieldInvalid('spec.pool.resourceSliceCount', spec.pool?.resourceSliceCount ?? 0, text),
      );
    }
    const places = ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'].filter(
      (f) => spec[f],
    );
    const one =
      'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
    if (places.length === 0) errors.push(fieldRequired('spec', one));
    else if (places.length > 1) errors.push(fieldInvalid('spec', `{${places.join(', ')}}`, one));
    return errors;
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.spec?.driver, old.spec?.driver, 'spec.driver');
    checkImmutable(errors, next.spec?.pool?.name, old.spec?.pool?.name, 'spec.pool.name');
    checkImmutable(errors, next.spec?.nodeName, old.spec?.nodeName, 'spec.nodeName');
    return errors;
  },
};
