import { fieldForbidden, fieldNotSupported } from '../../object/field-error.ts';
import { badRequest, invalid } from '../../object/status-error.ts';
import type { RequestContext } from '../context.ts';
import { integerOf } from '../request/query.ts';
import { revisionOf } from './get.ts';

export interface ListOptions {
  limit: number;
  continueToken: string;
  /** As it was sent. */
  resourceVersion: string;
  match: 'Exact' | 'NotOlderThan' | '';
}

/** Of a list, and of a deletecollection, which lists first. 400 and 422 in upstream's order. */
export function listOptions(context: RequestContext): ListOptions {
  const { query } = context;
  const rv = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const continueToken = query.get('continue') ?? '';
  const causes = [];
  if (match !== '') {
    if (rv === '') {
      causes.push(
        fieldForbidden(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden unless resourceVersion is provided',
        ),
      );
    }
    if (continueToken !== '') {
      causes.push(
        fieldForbidden(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden when continue is provided',
        ),
      );
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      causes.push(fieldNotSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && rv === '0') {
      causes.push(
        fieldForbidden(
          'resourceVersionMatch',
          'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
        ),
      );
    }
  }
  if (query.has('sendInitialEvents')) {
    causes.push(fieldForbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  const limit = integerOf(query, 'limit') ?? 0;
  integerOf(query, 'timeoutSeconds');
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  return {
    // a list of whatever there is is whole
    limit: rv === '0' ? 0 : Math.max(0, limit),
    continueToken,
    resourceVersion: rv,
    match: match as ListOptions['match'],
  };
}

/** The revision that is asked for; 0 when none or "0". Looked at when all else of the query is right. */
export function listedRevision(rv: string): number | bigint {
  if (rv === '') return 0;
  try {
    return revisionOf(rv);
  } catch (error) {
    throw badRequest(`invalid resource version: ${(error as Error).message}`);
  }
}
