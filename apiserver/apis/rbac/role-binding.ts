import {
  bindingColumns,
  defaultBinding,
  validateBinding,
  validateBindingUpdate,
} from './binding-rules.ts';
import type { KindDefinition } from '../resource.ts';

export const roleBinding: KindDefinition = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  namespaced: true,
  storagePath: 'rolebindings',
  nameRule: 'path-segment',
  generation: false,
  createOnUpdate: true,
  columns: bindingColumns,
  default: defaultBinding,
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'changes'],
  validate: (binding) => validateBinding(binding, ['Role', 'ClusterRole']),
  validateUpdate: validateBindingUpdate,
};
