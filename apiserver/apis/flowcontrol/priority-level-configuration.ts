import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { priorityLevelConfigurations } from '../../bootstrap/flow-control-policy.ts';
import { checkRange, type Errors, keepStatus } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import { checkConditions } from './conditions.ts';
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
  status: {
    keepsMetadata: 'all',
    updateChecks: ['changes'],
    validateUpdate: ({ status }) => checkConditions(status?.conditions ?? []),
  },
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
  updateChecks: ['new metadata', 'rules'],
  validate,
};

function queuing({ spec }: KubeObject): Plain | undefined {
  return spec?.limited?.limitResponse?.queuing;
}

function defaultLevel(level: KubeObject): void {
  level.spec ??= {};
  level.status ??= {};
  const { exempt, limited } = level.spec;
  if (exempt !== undefined) {
    setDefaults(exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 });
  }
  if (limited === undefined) return;
  setDefaults(limited, { nominalConcurrencyShares: 30, lendablePercent: 0 });
  const queues = limited.limitResponse?.queuing;
  if (queues === undefined) return;
  const defaults = { queues: 64, handSize: 8, queueLengthLimit: 50 };
  for (const [field, value] of Object.entries(defaults)) queues[field] ||= value;
}

/** What v1beta3 carried a share of none in; no longer looked at. */
const keptShares = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';

function validate({ metadata, spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  if (metadata.annotations?.[keptShares] !== undefined) {
    errors.push(fieldForbidden('metadata.annotations', `annotation '${keptShares}' is forbidden`));
  }
  const { type = '', limited, exempt } = spec;
  if ((metadata.name === 'exempt') !== (type === 'Exempt')) {
    const text = "type must be 'Exempt' if and only if name is 'exempt'";
    errors.push(fieldInvalid('spec.type', type, text));
  }
  if (type === 'Exempt') {
    if (limited !== undefined) {
      const why = 'must be nil if the type is not Limited';
      errors.push(fieldForbidden('spec.limited', why));
    }
    if (exempt !== undefined) checkShares(errors, exempt, 'spec.exempt');
  } else if (type === 'Limited') {
    if (exempt !== undefined) {
      errors.push(fieldForbidden('spec.exempt', 'must be nil if the type is Limited'));
    }
    if (limited !== undefined) checkLimited(errors, limited);
    else errors.push(fieldRequired('spec.limited', 'must not be empty when type is Limited'));
  } else errors.push(fieldNotSupported('spec.type', type, ['Exempt', 'Limited']));
  checkMandatory(errors, metadata.name, spec);
  return errors;
}

/** The two levels that flow control cannot be without are as they are, but for the exempt's shares. */
function checkMandatory(errors: Errors, name: string | undefined, spec: Plain): void {
  if (name !== 'exempt' && name !== 'catch-all') return;
  const fixed = priorityLevelConfigurations().find(({ metadata }) => metadata.name === name);
  const without = ({ exempt, ...rest }: Plain): Plain =>
    name === 'exempt' ? rest : { exempt, ...rest };
  if (fixed === undefined || semanticEqual(without(fixed['spec'] as Plain), without(spec))) return;
  const but = name === 'exempt' ? " except the 'spec.exempt' field" : '';
  const shown = internalForm('PriorityLevelConfigurationSpec', spec);
  errors.push(fieldInvalid('spec', shown, `spec of '${name}'${but} must equal the fixed value`));
}

function checkShares(errors: Errors, level: Plain, path: string): void {
  const shares: number = level.nominalConcurrencyShares ?? 0;
  if (shares < 0) {
    const at = `${path}.nominalConcurrencyShares`;
    errors.push(fieldInvalid(at, shares, 'must be a non-negative integer'));
  }
  if (path === 'spec.limited') checkResponse(errors, level.limitResponse ?? {});
  checkRange(errors, level.lendablePercent ?? 0, `${path}.lendablePercent`, [0, 100]);
}

function checkLimited(errors: Errors, limited: Plain): void {
  checkShares(errors, limited, 'spec.limited');
  const borrowing: number = limited.borrowingLimitPercent ?? 0;
  if (borrowing < 0) {
    const text = 'if specified, must be a non-negative integer';
    errors.push(fieldInvalid('spec.limited.borrowingLimitPercent', borrowing, text));
  }
}

function checkResponse(errors: Errors, response: Plain): void {
  const path = 'spec.limited.limitResponse';
  const at = `${path}.queuing`;
  const { type = '', queuing: waiting } = response;
  if (type === 'Reject') {
    if (waiting === undefined) return;
    const why = 'must be nil if limited.limitResponse.type is not Limited';
    errors.push(fieldForbidden(at, why));
  } else if (type === 'Queue') {
    const text = 'must not be empty if limited.limitResponse.type is Limited';
    if (waiting === undefined) errors.push(fieldRequired(at, text));
    else checkQueuing(errors, waiting, at);
  } else errors.push(fieldNotSupported(`${path}.type`, type, ['Queue', 'Reject']));
}

const queuesMax = 10_000_000;
/** Bits of the hash that deals a flow its queues. */
const hashBitsMax = 60;

function checkQueuing(errors: Errors, waiting: Plain, path: string): void {
  const { queues, handSize, queueLengthLimit } = waiting;
  const positive = 'must be positive';
  const wrong = (field: string, value: number, why: string): unknown =>
    errors.push(fieldInvalid(`${path}.${field}`, value, why));
  if (queueLengthLimit <= 0) wrong('queueLengthLimit', queueLengthLimit, positive);
  if (queues <= 0) wrong('queues', queues, positive);
  else if (queues > queuesMax) wrong('queues', queues, `must not be greater than ${queuesMax}`);
  if (handSize <= 0) wrong('handSize', handSize, positive);
  else if (handSize > queues) {
    wrong('handSize', handSize, `should not be greater than queues (${queues})`);
  } else if (entropyBits(queues, handSize) > hashBitsMax) {
    wrong(
      'handSize',
      handSize,
      `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBitsMax}`,
    );
  }
}

function entropyBits(deckSize: number, handSize: number): number {
  return Math.ceil(Math.log2(deckSize) * handSize);
}
