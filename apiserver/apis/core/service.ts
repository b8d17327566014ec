import type { KubeObject } from '../../../object/object.ts';
import { ageColumn, labelsText, nameColumn, orNone, textColumn } from '../column.ts';
import type { Plain } from '../plain.ts';
import { defaultService, prepareChangedService, prepareNewService } from './service-prepare.ts';
import { validateServiceStatus, validateServiceUpdate } from './service-update.ts';
import { validateService } from './service-validation.ts';
import { serviceWarnings } from './service-warnings.ts';
import { balancerWarnings } from '../ip-warnings.ts';
import type { KindDefinition } from '../resource.ts';

export const service: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  storagePath: 'services/specs',
  nameRule: 'dns-label',
  generation: false,
  createOnUpdate: true,
  subresources: {
    proxy: {
      kind: { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
  },
  columns: [
    nameColumn,
    textColumn('Type', ({ spec }) => spec?.type ?? ''),
    textColumn('Cluster-IP', ({ spec }) => orNone(spec?.clusterIPs?.[0] ?? spec?.clusterIP)),
    textColumn('External-IP', externalText),
    textColumn('Port(s)', portsText),
    ageColumn,
    textColumn('Selector', ({ spec }) => labelsText(spec?.selector), 1),
  ],
  selectableFields: ({ spec }) => ({
    'spec.clusterIP': spec?.clusterIP ?? '',
    'spec.type': spec?.type ?? '',
  }),
  default: defaultService,
  prepareForCreate: prepareNewService,
  prepareForUpdate: prepareChangedService,
  updateChecks: ['changed metadata', 'changes'],
  validateCreate: validateService,
  validateUpdate: validateServiceUpdate,
  warnings: serviceWarnings,
  status: {
    validateUpdate: validateServiceStatus,
    // upstream leaves out the name of the field
    warnings: ({ status }) => balancerWarnings(status, (i) => `status.loadBalancer.ingress[${i}]`),
  },
};

/** printers.go getServiceExternalIP. */
function externalText({ spec, status }: KubeObject): string {
  const own: string[] = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case 'ExternalName':
      return spec.externalName ?? '';
    case 'LoadBalancer': {
      const ingress: Plain[] = status?.loadBalancer?.ingress ?? [];
      const addresses = ingress.map((i) => i.ip || i.hostname).filter(Boolean);
      const all = [...new Set<string>(addresses), ...own];
      return all.length === 0 ? '<pending>' : all.join(',');
    }
    case 'ClusterIP':
    case 'NodePort':
      return orNone(own.join(','));
    default:
      return '<unknown>';
  }
}

function portsText({ spec }: KubeObject): string {
  const texts = (spec?.ports ?? []).map(({ port, nodePort, protocol }: Plain) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return orNone(texts.join(','));
}
