import { fieldForbidden, fieldNotSupported } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import { invalid } from '../../object/status-error.ts';
import type { RequestContext } from '../context.ts';
import { booleanOf, integerOf } from '../request/query.ts';
import { revisionOf } from './get.ts';

export interface AskedWatch {
  /** As it was sent. */
  resourceVersion: string;
  /** Whether the initial state is to come, or not to come, was said or follows from the version. */
  asksInitial: boolean;
  initialEvents: boolean;
  bookmarks: boolean;
  /** Below zero the time is over before it began. */
  timeoutSeconds: number | undefined;
}

/** 400 and 422 in upstream's order. */
export function watchOptions(context: RequestContext, watchList: boolean): AskedWatch {
  const { query } = context;
  const initial = initialAsked(query, watchList);
  const causes = refusalsOf(query, initial, watchList);
  const seconds = secondsOf(query);
  integerOf(query, 'limit');
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  return {
    resourceVersion: query.get('resourceVersion') ?? '',
    asksInitial: initial.asked,
    initialEvents: initial.wanted,
    bookmarks: booleanOf(query, 'allowWatchBookmarks'),
    timeoutSeconds: seconds === 0 ? undefined : seconds,
  };
}

/** More than fit into an int64 of nanoseconds wrap around, as upstream's do. */
function secondsOf(query: URLSearchParams): number | undefined {
  const seconds = integerOf(query, 'timeoutSeconds');
  if (seconds === undefined || Math.abs(seconds) < 2 ** 33) return seconds;
  const sent = BigInt((query.get('timeoutSeconds') ?? '').replace('+', ''));
  return Number(BigInt.asIntN(64, sent * 1_000_000_000n)) / 1e9;
}

interface Initial {
  asked: boolean;
  wanted: boolean;
  match: string;
}

/**
 * A watch of old that has the state first, since it begins at no version or at 0, is one that asks
 * for it (apimachinery meta/internalversion defaults.go). Paths of /watch are not looked at so.
 */
function initialAsked(query: URLSearchParams, watchList: boolean): Initial {
  const match = query.get('resourceVersionMatch') ?? '';
  if (query.has('sendInitialEvents')) {
    return { asked: true, wanted: booleanOf(query, 'sendInitialEvents'), match };
  }
  const fromNone = ['', '0'].includes(query.get('resourceVersion') ?? '');
  if (watchList && match === '' && fromNone && booleanOf(query, 'watch')) {
    return { asked: true, wanted: true, match: 'NotOlderThan' };
  }
  return { asked: false, wanted: false, match };
}

function refusalsOf(
  query: URLSearchParams,
  { asked, match }: Initial,
  watchList: boolean,
): StatusCause[] {
  const field = 'resourceVersionMatch';
  const causes: StatusCause[] = [];
  if (asked && match !== 'NotOlderThan') {
    causes.push(
      fieldForbidden(
        field,
        'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ),
    );
  }
  if (asked && !watchList) {
    causes.push(
      fieldForbidden(
        'sendInitialEvents',
        'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
      ),
    );
  }
  if (match === '') return causes;
  if (!asked) {
    causes.push(
      fieldForbidden(
        field,
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    );
  }
  if (match !== 'NotOlderThan') causes.push(fieldNotSupported(field, match, ['NotOlderThan']));
  if ((query.get('continue') ?? '') !== '') {
    causes.push(
      fieldForbidden(field, 'resourceVersionMatch is forbidden when continue is provided'),
    );
  }
  return causes;
}

/**
 * The version that is asked for, and that after which changes come: 0 is from now on, undefined with
 * the state now first. Looked at when all else of the query is right, as upstream.
 */
export function beginningOf({ resourceVersion: rv, asksInitial, initialEvents }: AskedWatch): {
  revision: number | bigint;
  fromRevision: number | undefined;
} {
  const revision = rv === '' ? 0 : revisionOf(rv);
  const fromNow = asksInitial ? initialEvents : revision === 0;
  return { revision, fromRevision: fromNow ? undefined : Number(revision) };
}
