import { ageColumn, nameColumn, selectorText, textColumn } from '../column.ts';
import type { KubeObject } from '../../../object/object.ts';
import { setTextDefaults } from '../plain.ts';
import { networkPolicyWarnings, validateNetworkPolicy } from './network-policy-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const networkPolicy: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  namespaced: true,
  shortNames: ['netpol'],
  storagePath: 'networkpolicies',
  generation: true,
  columns: [
    nameColumn,
    textColumn('Pod-Selector', ({ spec }) => selectorText(spec?.podSelector ?? {})),
    ageColumn,
  ],
  default: defaultPolicy,
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'rules'],
  validate: validateNetworkPolicy,
  warnings: networkPolicyWarnings,
};

function defaultPolicy(policy: KubeObject): void {
  policy.spec ??= {};
  const { spec } = policy;
  spec.podSelector ??= {};
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) setTextDefaults(port, { protocol: 'TCP' });
  }
  if ((spec.policyTypes ?? []).length === 0) {
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  }
}
