import { fieldInvalid, fieldNotSupported } from '../../../object/field-error.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkFormat, type Errors, immutableMessage, keepStatus } from '../field-check.ts';
import { checkResourceQuantity } from './resources-validation.ts';
import type { KindDefinition } from '../resource.ts';

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
  validate,
  validateUpdate,
  status: { validateUpdate: validateStatus },
};

/** `cpu: 1/4, pods: 2/10`: what is used of what is granted, limits apart from the rest. */
function usageText({ status }: KubeObject, limits: boolean): string {
  const names = Object.keys(status?.hard ?? {}).sort();
  return names
    .filter((name) => name.startsWith('limits.') === limits)
    .map((name) => `${name}: ${status.used?.[name] ?? '0'}/${status.hard[name]}`)
    .join(', ');
}

const standard = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'storage',
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]);

function isStandard(name: string): boolean {
  return (
    standard.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')
  );
}

const scopes = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];

function checkAmounts(
  errors: Errors,
  amounts: Record<string, string> | undefined,
  path: string,
): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    const at = `${path}[${name}]`;
    checkFormat(errors, name, at, labelKeyErrors);
    if (!name.includes('/') && !isStandard(name)) {
      const text = 'must be a standard resource for quota';
      errors.push(fieldInvalid(at, name, text));
    }
    checkResourceQuantity(errors, name, amount, at);
  }
}

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkAmounts(errors, spec?.hard, 'spec.hard');
  for (const scope of spec?.scopes ?? []) {
    if (!scopes.includes(scope)) {
      errors.push(fieldInvalid('spec.scopes', spec.scopes, 'unsupported scope'));
    }
  }
  for (const [i, selector] of (spec?.scopeSelector?.matchExpressions ?? []).entries()) {
    const path = `spec.scopeSelector.matchExpressions[${i}]`;
    if (!scopes.includes(selector.scopeName)) {
      errors.push(fieldInvalid(`${path}.scopeName`, selector.scopeName, 'unsupported scope'));
    }
    const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
    if (!operators.includes(selector.operator)) {
      errors.push(fieldNotSupported(`${path}.operator`, selector.operator, operators));
    }
  }
  return errors;
}

function validateUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const set = (quota: KubeObject) => [...new Set<string>(quota.spec?.scopes ?? [])].sort().join();
  if (set(next) === set(old)) return [];
  return [fieldInvalid('spec.scopes', next.spec?.scopes ?? null, immutableMessage)];
}

function validateStatus({ status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkAmounts(errors, status?.hard, 'status.hard');
  checkAmounts(errors, status?.used, 'status.used');
  return errors;
}
