import { validatePolicyRules } from './policy-rules.ts';
import type { KindDefinition } from '../resource.ts';

export const role: KindDefinition = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  resource: 'roles',
  namespaced: true,
  storagePath: 'roles',
  nameRule: 'path-segment',
  generation: false,
  createOnUpdate: true,
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'changes'],
  validate: (role) => validatePolicyRules(role.rules, true),
};
