import { fieldDuplicate, fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, booleanColumn, nameColumn, textColumn } from '../column.ts';
import { checkImmutable, checkOptionalOneOf, type Errors } from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const csiDriver: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  namespaced: false,
  storagePath: 'csidrivers',
  generation: 'from zero',
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    booleanColumn('AttachRequired', ({ spec }) => spec?.attachRequired ?? true),
    booleanColumn('PodInfoOnMount', ({ spec }) => spec?.podInfoOnMount ?? false),
    booleanColumn('StorageCapacity', ({ spec }) => spec?.storageCapacity ?? false),
    textColumn('TokenRequests', ({ spec }) => {
      const audiences = (spec?.tokenRequests ?? []).map((t: Plain) => t.audience);
      return audiences.length === 0 ? '<unset>' : audiences.join(',');
    }),
    booleanColumn('RequiresRepublish', ({ spec }) => spec?.requiresRepublish ?? false),
    textColumn('Modes', ({ spec }) => (spec?.volumeLifecycleModes ?? []).join(',') || '<none>'),
    ageColumn,
  ],
  default(driver) {
    driver.spec ??= {};
    setDefaults(driver.spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      requiresRepublish: false,
      seLinuxMount: false,
    });
    if ((driver.spec.volumeLifecycleModes ?? []).length === 0) {
      driver.spec.volumeLifecycleModes = ['Persistent'];
    }
  },
  prepareForCreate: ({ spec }) => dropDisabled(spec, undefined),
  prepareForUpdate: ({ spec }, old) => dropDisabled(spec, old.spec),
  validate,
  validateUpdate(next, old) {
    const errors: Errors = [];
    for (const field of ['attachRequired', 'volumeLifecycleModes']) {
      // upstream's own spelling
      const path = field === 'attachRequired' ? `spec.attachedRequired` : `spec.${field}`;
      checkImmutable(errors, next.spec[field], old.spec[field], path);
    }
    return errors;
  },
};

/** VolumeLimitScaling is off. */
function dropDisabled(spec: Plain, old: Plain | undefined): void {
  if (old?.preventPodSchedulingIfMissing !== undefined) return;
  delete spec.preventPodSchedulingIfMissing;
}

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const policies = ['File', 'None', 'ReadWriteOnceWithFSType'];
  checkOptionalOneOf(errors, spec.fsGroupPolicy, 'spec.fsGroupPolicy', policies);
  checkTokenRequests(errors, spec.tokenRequests ?? []);
  for (const mode of spec.volumeLifecycleModes ?? []) {
    checkOptionalOneOf(errors, mode, 'spec.volumeLifecycleModes', ['Persistent', 'Ephemeral']);
  }
  const period: number | undefined = spec.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < 10) {
    const text = 'must be greater than or equal to 10 seconds';
    errors.push(fieldInvalid('spec.nodeAllocatableUpdatePeriodSeconds', period, text));
  }
  const inSecrets: boolean | undefined = spec.serviceAccountTokenInSecrets;
  if (inSecrets !== undefined && (spec.tokenRequests ?? []).length === 0) {
    const text = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified';
    errors.push(fieldInvalid('spec.serviceAccountTokenInSecrets', inSecrets, text));
  }
  return errors;
}

const shortestTokenSeconds = 600;
const longestTokenSeconds = 2 ** 32;

function checkTokenRequests(errors: Errors, requests: Plain[]): void {
  const audiences = new Set<string>();
  for (const [i, { audience = '', expirationSeconds }] of requests.entries()) {
    const path = `spec.tokenRequests[${i}]`;
    if (audiences.has(audience)) {
      errors.push(fieldDuplicate(`${path}.audience`, audience));
      continue;
    }
    audiences.add(audience);
    if (expirationSeconds === undefined) continue;
    const wrong =
      expirationSeconds < shortestTokenSeconds
        ? 'may not specify a duration less than 10 minutes'
        : expirationSeconds > longestTokenSeconds
          ? 'may not specify a duration larger than 2^32 seconds'
          : undefined;
    if (wrong !== undefined) {
      errors.push(fieldInvalid(`${path}.expirationSeconds`, expirationSeconds, wrong));
    }
  }
}
