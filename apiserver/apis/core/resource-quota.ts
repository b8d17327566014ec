import type { KubeObject } from '../../../object/object.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { keepStatus } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';
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
};

/** `cpu: 1/4, pods: 2/10`: what is used of what is granted, limits apart from the rest. */
function usageText({ status }: KubeObject, limits: boolean): string {
  const names = Object.keys(status?.hard ?? {}).sort();
  return names
    .filter((name) => name.startsWith('limits.') === limits)
    .map((name) => `${name}: ${status.used?.[name] ?? '0'}/${status.hard[name]}`)
    .join(', ');
}
