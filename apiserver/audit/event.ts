import { parseJson } from '../../object/json.ts';
import { isIP } from 'node:net';
import { canonicalIp } from '../apis/ip-format.ts';
import { type KubeObject, microTimestamp } from '../../object/object.ts';
import type { RequestContext, UserInfo } from '../context.ts';
import type { AuditStageName, Verdict } from './policy.ts';

/** One line of the audit log (audit.k8s.io/v1 Event). Source: k8s.io/apiserver pkg/audit/request.go. */
export interface AuditEvent {
  kind: 'Event';
  apiVersion: 'audit.k8s.io/v1';
  level: string;
  auditID: string;
  stage: AuditStageName;
  requestURI: string;
  verb: string;
  user: object;
  impersonatedUser?: object;
  authenticationMetadata?: object;
  sourceIPs?: readonly string[];
  userAgent?: string;
  objectRef?: object;
  responseStatus?: object;
  requestObject?: unknown;
  responseObject?: unknown;
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations?: Record<string, string>;
}

/** Longest user agent written (upstream's bound). */
const userAgentMax = 1024;
const cutMark = '...TRUNCATED';

export function makeEvent(
  context: RequestContext,
  stage: AuditStageName,
  verdict: Verdict,
  sourceIPs: readonly string[],
  now: Date = new Date(),
): AuditEvent {
  const { info, headers } = context;
  const answered = stage === 'ResponseStarted' || stage === 'ResponseComplete' || stage === 'Panic';
  const userAgent = headers['user-agent'];
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: verdict.level,
    auditID: context.auditId,
    stage,
    requestURI: context.url,
    verb: info.verb,
    user: shownUser(context.impersonator ?? context.user),
    ...(context.impersonator === undefined ? {} : { impersonatedUser: shownUser(context.user) }),
    ...(context.impersonationConstraint === undefined
      ? {}
      : {
          authenticationMetadata: { impersonationConstraint: context.impersonationConstraint },
        }),
    ...(sourceIPs.length === 0 ? {} : { sourceIPs }),
    ...(userAgent === undefined ? {} : { userAgent: shortened(userAgent) }),
    ...(info.isResourceRequest ? { objectRef: objectRef(context) } : {}),
    ...(answered ? responseParts(context, stage, verdict) : {}),
    requestReceivedTimestamp: microTimestamp(context.receivedAt),
    stageTimestamp: microTimestamp(now),
    ...(Object.keys(context.auditAnnotations).length === 0
      ? {}
      : { annotations: byName(context.auditAnnotations) }),
  };
}

function responseParts(
  context: RequestContext,
  stage: AuditStageName,
  { level, omitManagedFields }: Verdict,
): Partial<AuditEvent> {
  const parts: Partial<AuditEvent> = { responseStatus: responseStatus(context) };
  const shown = (object: unknown) => (omitManagedFields ? withoutManagedFields(object) : object);
  if (level !== 'Metadata' && context.requestObject !== undefined) {
    // a patch is no object: nothing is left out of it
    const isPatch = context.info.verb === 'patch';
    parts.requestObject = isPatch ? context.requestObject : shown(context.requestObject);
  }
  if (level !== 'RequestResponse') return parts;
  const object =
    context.responseObject ??
    (stage === 'ResponseComplete' && answersObjects(context) ? answeredObject(context) : undefined);
  if (object !== undefined) parts.responseObject = shown(object);
  return parts;
}

/** Not everything in JSON is an object of an API. */
function answersObjects({ info }: RequestContext): boolean {
  return info.isResourceRequest || /^\/apis?(?:\/|$)/.test(info.path);
}

function shownUser(user: UserInfo): object {
  return {
    ...(user.name === '' ? {} : { username: user.name }),
    ...(user.uid ? { uid: user.uid } : {}),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(Object.keys(user.extra ?? {}).length === 0 ? {} : { extra: byName(user.extra ?? {}) }),
  };
}

function byName<T>(fields: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function shortened(userAgent: string): string {
  return userAgent.length > userAgentMax ? userAgent.slice(0, userAgentMax) + cutMark : userAgent;
}

/** The client as proxies tell it, then the connection's other end (apimachinery util/net SourceIPs). */
export function sources({ headers, socket }: RequestContext): string[] {
  const told = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((value) => value.trim())
    .filter((value) => isIP(value) !== 0)
    .map(canonicalIp);
  const given = String(headers['x-real-ip'] ?? '');
  const real = isIP(given) === 0 ? '' : canonicalIp(given);
  if (real !== '' && !told.includes(real)) told.push(real);
  const remote = socket.remoteAddress?.replace(/^::ffff:/, '');
  if (remote !== undefined && told.at(-1) !== remote) told.push(remote);
  return told;
}

function objectRef({ info, requestMetadata: sent }: RequestContext): object {
  const name = info.name || sent?.name;
  return {
    resource: info.resource,
    ...(info.namespace === '' ? {} : { namespace: info.namespace }),
    ...(name ? { name } : {}),
    ...(sent?.uid ? { uid: sent.uid } : {}),
    ...(info.group === '' ? {} : { apiGroup: info.group }),
    apiVersion: info.version,
    ...(sent?.resourceVersion ? { resourceVersion: sent.resourceVersion } : {}),
    ...(info.subresource === '' ? {} : { subresource: info.subresource }),
  };
}

/** For a Status as answer, its fields; for everything else the code. */
function responseStatus(context: RequestContext): object {
  const status = context.responseObject as
    | {
        kind?: string;
        status?: string;
        message?: string;
        reason?: string;
        details?: object;
        code?: number;
      }
    | undefined;
  const { code: answered = context.exchange.code } = context.answer ?? {};
  if (status?.kind !== 'Status') return { metadata: {}, code: answered };
  const { status: outcome, message, reason, details, code = answered } = status;
  return {
    metadata: {},
    ...(outcome && { status: outcome }),
    ...(message && { message }),
    ...(reason && { reason }),
    ...(details && { details }),
    code,
  };
}

/** Answers are kept as bytes; only an audited one is read back. */
function answeredObject({ answer }: RequestContext): unknown {
  const body = answer?.body;
  if (body === undefined) return undefined;
  try {
    if (typeof body === 'string' || Buffer.isBuffer(body)) return parseJson(body.toString());
    const whole = Buffer.alloc(body.length);
    body.read().fill(whole);
    return parseJson(whole.toString());
  } catch {
    return undefined;
  }
}

function withoutManagedFields(object: unknown): unknown {
  if (object === null || typeof object !== 'object') return object;
  const one = object as Partial<KubeObject> & { items?: unknown };
  if (Array.isArray(one.items)) return { ...one, items: one.items.map(withoutManagedFields) };
  if (one.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = one.metadata;
  return { ...one, metadata };
}
