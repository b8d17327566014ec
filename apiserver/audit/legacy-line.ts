import { goQuote } from '../../object/go-format.ts';
import type { AuditEvent } from './event.ts';

/** `--audit-log-format=legacy`: some of an event in one line. Source: k8s.io/apiserver audit/format.go. */
export function legacyLine(event: AuditEvent): string {
  const user = event.user as Person;
  const as = event.impersonatedUser as Person | undefined;
  const { namespace } = (event.objectRef ?? {}) as { namespace?: string };
  const status = event.responseStatus as { code?: number } | undefined;
  const parts = {
    id: event.auditID,
    stage: event.stage,
    ip: event.sourceIPs?.[0] ?? '<unknown>',
    method: event.verb,
    user: user.username ?? '<none>',
    groups: user.username === undefined ? '<none>' : (quoted(user.groups) ?? '<none>'),
    as: as === undefined ? '<self>' : (as.username ?? ''),
    asgroups: quoted(as?.groups) ?? '<lookup>',
    'user-agent': event.userAgent ?? '',
    namespace: namespace ?? '<none>',
    uri: event.requestURI,
    response: status === undefined ? '<deferred>' : String(status.code ?? 0),
  };
  const told = Object.entries(parts).map(([name, value]) => `${name}=${goQuote(value)}`);
  return `${shortTime(event.requestReceivedTimestamp)} AUDIT: ${told.join(' ')}`;
}

interface Person {
  username?: string;
  groups?: readonly string[];
}

function quoted(list: readonly string[] | undefined): string | undefined {
  return list?.map(goQuote).join(',');
}

/** As Go shows a time: without zeros at its end. */
function shortTime(stamp: string): string {
  return stamp.replace(/\.?0+Z$/, 'Z');
}
