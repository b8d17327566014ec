import { semanticEqual } from '../../../object/equal.ts';
import { fieldInvalid } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { ageColumn, nameColumn } from '../column.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';
import { checkSlice } from './bounded-list.ts';
import { checkConfiguration, checkSelectors } from './device-config.ts';

const configMax = 32;

/** Somebody's own resource, not Kubernetes' (core v1 helper IsExtendedResourceName). */
function isExtendedResource(name: string): boolean {
  const native = !name.includes('/') || name.includes('kubernetes.io/');
  if (native || name.startsWith('requests.')) return false;
  return labelKeyErrors(`requests.${name}`).length === 0;
}

export const deviceClass: KindDefinition = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  resource: 'deviceclasses',
  namespaced: false,
  storagePath: 'deviceclasses',
  generation: true,
  columns: [nameColumn, ageColumn],
  validate({ spec = {} }, old) {
    const errors: Errors = [];
    const stored = old !== undefined && semanticEqual(spec.config, old.spec?.config);
    // what was let in before is looked at again only when it changes
    const selected = old !== undefined && semanticEqual(spec.selectors, old.spec?.selectors);
    if (!selected) checkSelectors(errors, spec.selectors ?? [], 'spec.selectors');
    checkSlice(errors, spec.config ?? [], 'spec.config', {
      max: configMax,
      check: (config: Plain, at) => checkConfiguration(errors, config, at, stored),
    });
    const name: string | undefined = spec.extendedResourceName;
    if (name !== undefined && !isExtendedResource(name)) {
      const text = 'must be a valid extended resource name';
      errors.push(fieldInvalid('spec.extendedResourceName', name, text));
    }
    return errors;
  },
};
