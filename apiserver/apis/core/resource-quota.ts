import type { KubeObject } from '../../../object/object.ts';
import { canonicalQuantity, compareQuantities } from '../../../object/quantity.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { keepStatus } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';
import { quantityOrUndefined } from './resources-validation.ts';
import {
  validateQuota,
  validateQuotaStatus,
  validateQuotaUpdate,
} from './resource-quota-validation.ts';

export const resourceQuota: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  namespaced: true,
  shortNames: ['quota'],
  storagePath: 'resourcequotas',
  generation: false,
  columns: [
    nameColumn,
    textColumn('Request', (quota) => usageText(quota, false)),
    textColumn('Limit', (quota) => usageText(quota, true)),
    ageColumn,
  ],
  prepareForCreate(quota) {
    quota.status = {};
  },
  prepareForUpdate: keepStatus,
  validate: validateQuota,
  validateUpdate: validateQuotaUpdate,
  status: { validateUpdate: validateQuotaStatus },
  warnings: (quota, old) => (old === undefined ? quotaWarnings(quota) : []),
};

/** [limit, requests that should be below it: the first that is given]. */
const limited = [
  ['limits.cpu', 'requests.cpu', 'cpu'],
  ['limits.memory', 'requests.memory', 'memory'],
  ['limits.storage', 'requests.storage'],
  ['limits.ephemeral-storage', 'requests.ephemeral-storage'],
] as const;

function quotaWarnings({ spec }: KubeObject): string[] {
  const hard: Record<string, string> = spec?.hard ?? {};
  return limited.flatMap(([limit, ...requests]) => {
    const request = requests.find((name) => hard[name] !== undefined);
    if (request === undefined) return [];
    const [asked, most] = [quantityOrUndefined(hard[request]), quantityOrUndefined(hard[limit])];
    if (asked === undefined || most === undefined) return [];
    if (compareQuantities(asked, most) <= 0) return [];
    return [`ResourceQuota ${shown(request, hard)} should be less than ${shown(limit, hard)}`];
  });
}

function shown(name: string, hard: Record<string, string>): string {
  return `${name} (${canonicalQuantity(hard[name] ?? '0')})`;
}

/** `cpu: 1/4, pods: 2/10`: what is used of what is granted, limits apart from the rest. */
function usageText({ status }: KubeObject, limits: boolean): string {
  const names = Object.keys(status?.hard ?? {}).sort();
  return names
    .filter((name) => name.startsWith('limits.') === limits)
    .map((name) => `${name}: ${status.used?.[name] ?? '0'}/${status.hard[name]}`)
    .join(', ');
}
