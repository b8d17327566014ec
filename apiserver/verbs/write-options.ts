import { fieldInvalid, fieldNotSupported, fieldTooLong } from '../../object/field-error.ts';
import { invalid, type StatusCause } from '../../object/status-error.ts';
import type { RequestContext } from '../context.ts';
import { booleanOf } from '../request/query.ts';

/** Query options shared by create, update, patch and (partly) delete. Source: meta/v1 *Options and their validation. */
export interface WriteOptions {
  dryRun: boolean;
  fieldManager: string;
  fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  force: boolean;
  /** The object carries its managedFields already (server-side apply). */
  managed: boolean;
}

const fieldManagerLengthMax = 128;
const fieldValidations = ['Ignore', 'Warn', 'Strict'] as const;

export function writeOptions(context: RequestContext, optionsKind: string): WriteOptions {
  const { query } = context;
  const causes: StatusCause[] = [];
  const dryRun = dryRunOf(query.getAll('dryRun'), causes);
  const fieldManager = query.get('fieldManager') ?? '';
  checkFieldManager(fieldManager, causes);
  const validation = query.get('fieldValidation') ?? '';
  if (validation !== '' && !fieldValidations.some((v) => v === validation)) {
    causes.push(fieldNotSupported('fieldValidation', validation, ['', ...fieldValidations]));
  }
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: optionsKind }, '', causes);
  return {
    dryRun,
    fieldManager: fieldManager === '' ? managerFromUserAgent(context) : fieldManager,
    fieldValidation: validation === '' ? 'Warn' : (validation as WriteOptions['fieldValidation']),
    force: booleanOf(query, 'force'),
    managed: false,
  };
}

export function dryRunOf(values: readonly string[], causes: StatusCause[]): boolean {
  const unknown = values.find((value) => value !== 'All' && value !== '');
  if (unknown !== undefined) causes.push(fieldNotSupported('dryRun', unknown, ['All']));
  return values.includes('All');
}

function checkFieldManager(manager: string, causes: StatusCause[]): void {
  if (manager.length > fieldManagerLengthMax) {
    causes.push(fieldTooLong('fieldManager', fieldManagerLengthMax));
  }
  if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(manager)) {
    causes.push(fieldInvalid('fieldManager', manager, 'should only contain printable characters'));
  }
}

/** The part of User-Agent before the first slash (endpoints/handlers managerOrUserAgent). */
function managerFromUserAgent(context: RequestContext): string {
  const agent = context.headers['user-agent'] ?? '';
  const name = agent.split('/', 1)[0] ?? '';
  return name === '' ? 'unknown' : name.slice(0, fieldManagerLengthMax);
}
