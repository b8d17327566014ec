import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import { type KubeObject, timestamp } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkFormat, checkRange, type Errors, keepStatus } from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const apiService: KindDefinition = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  resource: 'apiservices',
  namespaced: false,
  categories: ['api-extensions'],
  storagePath: 'apiregistration.k8s.io/apiservices',
  nameRule: 'path-segment',
  generation: false,
  unconditionalUpdate: false,
  status: { keepsMetadata: 'all', validateUpdate: validateStatus },
  columns: [
    nameColumn,
    textColumn('Service', ({ spec }) =>
      spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local',
    ),
    textColumn('Available', ({ status }) => {
      const condition = (status?.conditions ?? []).find((c: Plain) => c.type === 'Available');
      if (condition === undefined) return '';
      return condition.status === 'True'
        ? 'True'
        : `${condition.status} (${condition.reason ?? ''})`;
    }),
    ageColumn,
  ],
  default(service) {
    service.spec ??= {};
    service.status ??= {};
    if (service.spec.service) setDefaults(service.spec.service, { port: 443 });
  },
  prepareForCreate(service, { now }) {
    service.status = service.spec?.service ? {} : { conditions: [localCondition(now)] };
  },
  prepareForUpdate: keepStatus,
  updateChecks: ['changed metadata', 'new metadata', 'rules'],
  validate,
};

/** A group of this server's own needs no check. */
function localCondition(now: Date): object {
  return {
    lastTransitionTime: timestamp(now),
    message: 'Local APIServices are always available',
    reason: 'Local',
    status: 'True',
    type: 'Available',
  };
}

function validate({ metadata, spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const { group = '', version = '' } = spec;
  const expected = `${version}.${group}`;
  if (metadata.name && metadata.name !== expected) {
    const text = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`;
    errors.push(fieldInvalid('metadata.name', metadata.name, text));
  }
  if (group !== '') checkFormat(errors, group, 'spec.group', dns1123SubdomainErrors);
  else if (version !== 'v1') {
    const text = 'only v1 may have an empty group and it better be legacy kube';
    errors.push(fieldRequired('spec.group', text));
  }
  checkFormat(errors, version, 'spec.version', dns1035LabelErrors);
  const priority = spec.groupPriorityMinimum ?? 0;
  if (priority <= 0 || priority > 20_000) {
    const text = 'must be positive and less than 20000';
    errors.push(fieldInvalid('spec.groupPriorityMinimum', priority, text));
  }
  const versionPriority = spec.versionPriority ?? 0;
  if (versionPriority <= 0 || versionPriority > 1000) {
    const text = 'must be positive and less than 1000';
    errors.push(fieldInvalid('spec.versionPriority', versionPriority, text));
  }
  const caBundle = Boolean(spec.caBundle);
  if (!spec.service) {
    if (caBundle)
      errors.push(
        fieldInvalid(
          'spec.caBundle',
          `${Buffer.from(spec.caBundle, 'base64').length} bytes`,
          'local APIServices may not have a caBundle',
        ),
      );
    if (spec.insecureSkipTLSVerify === true) {
      const text = 'local APIServices may not have insecureSkipTLSVerify';
      errors.push(fieldInvalid('spec.insecureSkipTLSVerify', true, text));
    }
    return errors;
  }
  for (const field of ['namespace', 'name']) {
    if (!spec.service[field]) errors.push(fieldRequired(`spec.service.${field}`));
  }
  checkRange(errors, spec.service.port, 'spec.service.port', [1, 65535]);
  if (spec.insecureSkipTLSVerify === true && caBundle) {
    const text = 'may not be true if caBundle is present';
    errors.push(fieldInvalid('spec.insecureSkipTLSVerify', true, text));
  }
  return errors;
}

function validateStatus({ status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const known = ['True', 'False', 'Unknown'];
  for (const [i, condition] of (status?.conditions ?? []).entries()) {
    if (known.includes(condition.status)) continue;
    const path = `status.conditions[${i}].status`;
    errors.push(fieldNotSupported(path, condition.status ?? '', known));
  }
  return errors;
}
