import {
  bindingColumns,
  defaultBinding,
  validateBinding,
  validateBindingUpdate,
} from './binding-rules.ts';
import type { KindDefinition } from '../resource.ts';

export const clusterRoleBinding: KindDefinition = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  namespaced: false,
  storagePath: 'clusterrolebindings',
  nameRule: 'path-segment',
  generation: false,
  createOnUpdate: true,
  columns: bindingColumns,
  default: defaultBinding,
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'changes'],
  validate: (binding) => validateBinding(binding, ['ClusterRole']),
  validateUpdate: validateBindingUpdate,
};
