import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkNodeSelector } from '../core/node-selector-validation.ts';
import { checkFormat, checkImmutable, type Errors } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { checkDriverName } from '../storage/driver-name.ts';
import type { KindDefinition } from '../resource.ts';
import { checkSharedCounters } from './device-counters.ts';
import { checkPoolName } from './pool-name.ts';
import { checkSliceDevices } from './slice-devices.ts';

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
  validate,
};

function validate({ spec = {} }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkDriverName(errors, spec.driver, 'spec.driver');
  const { name, resourceSliceCount = 0, generation = 0 } = spec.pool ?? {};
  checkPoolName(errors, name, 'spec.pool.name');
  if (resourceSliceCount <= 0) {
    const text = 'must be greater than zero';
    errors.push(fieldInvalid('spec.pool.resourceSliceCount', resourceSliceCount, text));
  }
  if (generation < 0) {
    const text = 'must be greater than or equal to zero';
    errors.push(fieldInvalid('spec.pool.generation', generation, text));
  }
  if (old !== undefined) {
    checkImmutable(errors, spec.pool?.name, old.spec?.pool?.name, 'spec.pool.name');
    checkImmutable(errors, spec.driver, old.spec?.driver, 'spec.driver');
    checkImmutable(errors, spec.nodeName, old.spec?.nodeName, 'spec.nodeName');
  }
  checkPlace(errors, spec);
  if (spec.sharedCounters !== undefined && spec.devices !== undefined) {
    const text = 'only one of `sharedCounters` or `devices` is allowed';
    errors.push(fieldInvalid('spec', '', text));
  }
  checkSliceDevices(errors, spec, old?.spec);
  checkSharedCounters(errors, spec.sharedCounters ?? []);
  return errors;
}

function checkPlace(errors: Errors, spec: Plain): void {
  const { nodeName, nodeSelector } = spec;
  if (nodeName === '') {
    const text = 'must be either unset or set to a non-empty string';
    errors.push(fieldInvalid('spec.nodeName', nodeName, text));
  } else if (nodeName !== undefined) {
    checkFormat(errors, nodeName, 'spec.nodeName', dns1123SubdomainErrors);
  }
  if (nodeSelector !== undefined) {
    checkNodeSelector(errors, nodeSelector, 'spec.nodeSelector');
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    if (terms.length !== 1) {
      const text = 'must have exactly one node selector term';
      const shown = terms.map((term: Plain) => internalForm('NodeSelectorTerm', term));
      errors.push(fieldInvalid('spec.nodeSelector.nodeSelectorTerms', shown, text));
    }
  }
  for (const field of ['allNodes', 'perDeviceNodeSelection']) {
    if (spec[field] !== false) continue;
    errors.push(fieldInvalid(`spec.${field}`, false, 'must be either unset or set to true'));
  }
  const places = ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'].filter(
    (field) => spec[field],
  );
  const one =
    'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  if (places.length === 0) errors.push(fieldRequired('spec', one));
  else if (places.length > 1) {
    const shown = `{${places.map((field) => `\`${field}\``).join(', ')}}`;
    errors.push(fieldInvalid('spec', shown, `${one}, but multiple fields are set`));
  }
}
