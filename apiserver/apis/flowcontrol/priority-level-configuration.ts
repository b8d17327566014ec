import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import {
  checkNonNegative,
  checkPositive,
  checkRange,
  type Errors,
  keepStatus,
} from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const priorityLevelConfiguration: KindDefinition = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  namespaced: false,
  storagePath: 'prioritylevelconfigurations',
  generation: true,
  status: true,
  columns: [
    nameColumn,
    textColumn('Type', ({ spec }) => spec?.type ?? ''),
    textColumn(
      'NominalConcurrencyShares',
      ({ spec }) => spec?.limited?.nominalConcurrencyShares ?? '<none>',
    ),
    textColumn('Queues', (level) => queuing(level)?.queues ?? '<none>'),
    textColumn('HandSize', (level) => queuing(level)?.handSize ?? '<none>'),
    textColumn('QueueLengthLimit', (level) => queuing(level)?.queueLengthLimit ?? '<none>'),
    ageColumn,
  ],
  default: defaultLevel,
  prepareForCreate(level) {
    level.status = {};
  },
  prepareForUpdate: keepStatus,
  validate,
};

function queuing({ spec }: KubeObject): Plain | undefined {
  return spec?.limited?.limitResponse?.queuing;
}

function defaultLevel(level: KubeObject): void {
  level.spec ??= {};
  level.status ??= {};
  const { exempt, limited } = level.spec;
  if (level.spec.type === 'Exempt') {
    level.spec.exempt = exempt ?? {};
    setDefaults(level.spec.exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 });
  }
  if (limited === undefined) return;
  setDefaults(limited, { nominalConcurrencyShares: 30, lendablePercent: 0 });
  const queues = limited.limitResponse?.queuing;
  if (queues === undefined) return;
  const defaults = { queues: 64, handSize: 8, queueLengthLimit: 50 };
  for (const [field, value] of Object.entries(defaults)) queues[field] ||= value;
}

function validate({ metadata, spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const { type, limited, exempt } = spec;
  if (type === 'Exempt') {
    if (limited !== undefined) {
      const why = 'must be nil if the type is not Limited';
      errors.push(fieldForbidden('spec.limited', why));
    }
    if (metadata.name !== 'exempt') {
      const text = "only the priority level named 'exempt' may be of type Exempt";
      errors.push(fieldInvalid('spec.type', type, text));
    }
    checkNonNegative(
      errors,
      exempt?.nominalConcurrencyShares,
      'spec.exempt.nominalConcurrencyShares',
    );
    checkRange(errors, exempt?.lendablePercent ?? 0, 'spec.exempt.lendablePercent', [0, 100]);
    return errors;
  }
  if (type !== 'Limited') {
    errors.push(fieldNotSupported('spec.type', type ?? '', ['Exempt', 'Limited']));
    return errors;
  }
  if (exempt !== undefined) {
    errors.push(fieldForbidden('spec.exempt', 'must be nil if the type is Limited'));
  }
  if (limited === undefined) {
    errors.push(fieldRequired('spec.limited', 'must not be empty when type is Limited'));
    return errors;
  }
  checkNonNegative(
    errors,
    limited.nominalConcurrencyShares,
    'spec.limited.nominalConcurrencyShares',
  );
  checkRange(errors, limited.lendablePercent ?? 0, 'spec.limited.lendablePercent', [0, 100]);
  checkNonNegative(errors, limited.borrowingLimitPercent, 'spec.limited.borrowingLimitPercent');
  checkResponse(errors, limited.limitResponse ?? {});
  return errors;
}

function checkResponse(errors: Errors, response: Plain): void {
  const path = 'spec.limited.limitResponse';
  const at = `${path}.queuing`;
  switch (response.type) {
    case 'Reject':
      if (response.queuing !== undefined) {
        errors.push(fieldForbidden(at, 'must be nil if limited.limitResponse.type is not Limited'));
      }
      return;
    case 'Queue': {
      if (response.queuing === undefined) {
        errors.push(
          fieldRequired(at, 'must not be empty if limited.limitResponse.type is Limited'),
        );
        return;
      }
      const { queues, handSize, queueLengthLimit } = response.queuing;
      checkPositive(errors, queueLengthLimit, `${at}.queueLengthLimit`);
      checkPositive(errors, queues, `${at}.queues`);
      checkPositive(errors, handSize, `${at}.handSize`);
      if (queues > 10_000_000) {
        errors.push(fieldInvalid(`${at}.queues`, queues, 'must not be greater than 10000000'));
      }
      if (handSize > queues) {
        const text = `should not be greater than queues (${queues})`;
        errors.push(fieldInvalid(`${at}.handSize`, handSize, text));
      }
      return;
    }
    default:
      errors.push(fieldNotSupported(`${path}.type`, response.type ?? '', ['Queue', 'Reject']));
  }
}
