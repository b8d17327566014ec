import { fieldForbidden, fieldNotSupported, fieldRequired } from '../../object/field-error.ts';
import { invalid, type StatusCause } from '../../object/status-error.ts';
import type { RequestContext } from '../context.ts';
import { booleanOf } from '../request/query.ts';
import { validateFieldManager } from '../validation/metadata.ts';

/** Query options shared by create, update, patch and (partly) delete. Source: meta/v1 *Options and their validation. */
export interface WriteOptions {
  dryRun: boolean;
  fieldManager: string;
  fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  force: boolean;
  /** The object carries its managedFields already (server-side apply). */
  managed: boolean;
  /** As they were sent: what admission is told of them. */
  sent: { dryRun?: string[]; fieldManager?: string; fieldValidation?: string };
}

const fieldManagerLengthMax = 128;
const fieldValidations = ['', 'Ignore', 'Strict', 'Warn'];

export type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions';

/** `applies`: of a patch, that it is server-side apply. 422 names what is wrong, in upstream's order. */
export function writeOptions(
  context: RequestContext,
  optionsKind: OptionsKind,
  applies = false,
): WriteOptions {
  const { query } = context;
  const causes: StatusCause[] = [];
  const fieldManager = query.get('fieldManager') ?? '';
  if (applies && fieldManager === '') {
    causes.push(fieldRequired('fieldManager', 'is required for apply patch'));
  } else if (optionsKind === 'PatchOptions' && !applies && query.has('force')) {
    causes.push(fieldForbidden('force', 'may not be specified for non-apply patch'));
  }
  causes.push(...validateFieldManager(fieldManager, 'fieldManager'));
  const dryRuns = query.getAll('dryRun');
  const dryRun = dryRunOf(dryRuns, causes);
  const validation = query.get('fieldValidation') ?? '';
  if (!fieldValidations.includes(validation)) {
    causes.push(fieldNotSupported('fieldValidation', validation, fieldValidations));
  }
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: optionsKind }, '', causes);
  return {
    dryRun,
    fieldManager: fieldManager === '' ? managerFromUserAgent(context) : fieldManager,
    fieldValidation: validation === '' ? 'Warn' : (validation as WriteOptions['fieldValidation']),
    force: booleanOf(query, 'force'),
    managed: false,
    sent: {
      ...(dryRuns.length === 0 ? {} : { dryRun: dryRuns }),
      ...(fieldManager === '' ? {} : { fieldManager }),
      ...(validation === '' ? {} : { fieldValidation: validation }),
    },
  };
}

/** The options of a write as an object. A patch that creates is told of as a create. */
export function admittedWriteOptions(kind: OptionsKind, { sent }: WriteOptions): object {
  return { kind, apiVersion: 'meta.k8s.io/v1', ...sent };
}

export function dryRunOf(values: readonly string[], causes: StatusCause[]): boolean {
  if (values.some((value) => value !== 'All')) {
    causes.push(fieldNotSupported('dryRun', values, ['All']));
  }
  return values.includes('All');
}

/** The part of User-Agent before the first slash (endpoints/handlers managerOrUserAgent). */
function managerFromUserAgent(context: RequestContext): string {
  const agent = context.headers['user-agent'] ?? '';
  const name = agent.split('/', 1)[0] ?? '';
  return name === '' ? 'unknown' : name.slice(0, fieldManagerLengthMax);
}
