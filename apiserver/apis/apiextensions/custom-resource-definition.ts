import { keepStatus } from '../field-check.ts';
import {
  defaultDefinition,
  markForCleanup,
  prepareNewDefinition,
  recordStoredVersion,
} from './definition-defaults.ts';
import {
  validateDefinition,
  validateDefinitionStatus,
  validateDefinitionUpdate,
} from './definition-validation.ts';
import { definitionWarnings } from './definition-warnings.ts';
import { definitionFromStored, definitionToStored } from './stored-definition.ts';
import type { KindDefinition } from '../resource.ts';

export const customResourceDefinition: KindDefinition = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  storagePath: 'apiextensions.k8s.io/customresourcedefinitions',
  storedAs: { group: 'apiextensions.k8s.io', version: 'v1beta1', kind: 'CustomResourceDefinition' },
  fromStored: definitionFromStored,
  toStored: definitionToStored,
  generation: true,
  unconditionalUpdate: false,
  status: { validateUpdate: validateDefinitionStatus },
  default: defaultDefinition,
  prepareForCreate: prepareNewDefinition,
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    recordStoredVersion(next);
  },
  validateCreate: (definition) => validateDefinition(definition, undefined),
  validateUpdate: validateDefinitionUpdate,
  warnings: definitionWarnings,
  deferDelete: markForCleanup,
};
