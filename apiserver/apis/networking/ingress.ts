import { ageColumn, nameColumn, orNone, textColumn } from '../column.ts';
import type { KubeObject } from '../../../object/object.ts';
import { keepStatus } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { balancerWarnings } from '../ip-warnings.ts';
import {
  ingressWarnings,
  validateIngress,
  validateIngressStatus,
  validateNewIngress,
} from './ingress-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const ingress: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  resource: 'ingresses',
  namespaced: true,
  shortNames: ['ing'],
  storagePath: 'ingress',
  generation: true,
  status: {
    validateUpdate: validateIngressStatus,
    warnings: ({ status }) =>
      balancerWarnings(status, (i) => `status.loadBalancer.ingress[${i}].ip`),
  },
  columns: [
    nameColumn,
    textColumn('Class', ({ metadata, spec }) =>
      orNone(spec?.ingressClassName ?? metadata.annotations?.['kubernetes.io/ingress.class']),
    ),
    textColumn('Hosts', hostsText),
    textColumn('Address', ({ status }) => addressText(status)),
    textColumn('Ports', ({ spec }) => ((spec?.tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
  default(ingress) {
    ingress.spec ??= {};
    ingress.status ??= {};
    ingress.status.loadBalancer ??= {};
  },
  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
  prepareForUpdate: keepStatus,
  validate: validateIngress,
  validateCreate: validateNewIngress,
  warnings: ingressWarnings,
};

/** At most three, then how many more; `*` when no rule names one. */
function hostsText({ spec }: KubeObject): string {
  const hosts: string[] = (spec?.rules ?? []).map((r: Plain) => r.host).filter(Boolean);
  if (hosts.length === 0) return '*';
  const text = hosts.slice(0, 3).join(',');
  return hosts.length > 3 ? `${text} + ${hosts.length - 3} more...` : text;
}

function addressText(status: Plain | undefined): string {
  const ingress: Plain[] = status?.loadBalancer?.ingress ?? [];
  const addresses: string[] = ingress.map((i) => i.ip || i.hostname).filter(Boolean);
  return [...new Set(addresses)].sort().join(',');
}
