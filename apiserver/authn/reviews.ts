import { randomUUID } from 'node:crypto';
import { fieldInvalid } from '../../object/field-error.ts';
import { type KubeObject, parseApiVersion, timestamp } from '../../object/object.ts';
import { badRequest, conflict, invalid, notFound } from '../../object/status-error.ts';
import type { UserInfo } from '../context.ts';
import { withAuthenticatedGroup } from './authenticate.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import { makeBoundClaims, usernameOf } from './service-account-claims.ts';
import type { ServiceAccountIssuer } from './service-account-issuer.ts';
import { type Noted, tell, tellOf } from './token-notes.ts';

/**
 * The create-only resources of authentication.k8s.io, and TokenRequest below a service account.
 * Source: pkg/registry/authentication, pkg/registry/core/serviceaccount/storage/token.go.
 */

interface UserStatus {
  username: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

function userStatus(user: UserInfo): UserStatus {
  return {
    username: user.name,
    ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
}

export function reviewSelfSubject(review: KubeObject, user: UserInfo): KubeObject {
  return {
    ...review,
    metadata: { ...review.metadata, creationTimestamp: timestamp() },
    status: { userInfo: userStatus(user) },
  };
}

export async function reviewToken(
  review: KubeObject,
  options: { tokens: TokenAuthenticator; apiAudiences: readonly string[]; request?: Noted },
): Promise<KubeObject> {
  const token: string = review.spec?.token ?? '';
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const asked: string[] = review.spec.audiences ?? [];
  const audiences = asked.length > 0 ? asked : options.apiAudiences;
  try {
    const identity = await options.tokens.authenticateToken(token, audiences);
    if (identity === undefined) throw new Error('invalid bearer token');
    if (options.request !== undefined) tell(options.request, identity.notes);
    const user = withAuthenticatedGroup(identity.user);
    const held = identity.audiences.length > 0 ? { audiences: identity.audiences } : {};
    return { ...review, status: { authenticated: true, user: userStatus(user), ...held } };
  } catch (error) {
    if (options.request !== undefined) tellOf(options.request, error);
    const errors = error instanceof AggregateError ? (error.errors as Error[]) : [error as Error];
    const each = [...new Set(['invalid bearer token', ...errors.map(({ message: why }) => why)])];
    const message = each.length === 1 ? each[0] : `[${each.join(', ')}]`;
    return { ...review, status: { user: {}, error: message } };
  }
}

export interface TokenRequestOptions {
  issuer: ServiceAccountIssuer;
  apiAudiences: readonly string[];
  /** From the store itself: a token is for what exists now. */
  read(resource: string, namespace: string, name: string): Promise<KubeObject | undefined>;
  /** `--service-account-max-token-expiration` in seconds; 0 is no limit. */
  maxExpirationSeconds: number;
  /** `--service-account-extend-token-expiration` */
  extendExpiration: boolean;
  now?: () => Date;
  /** Asked once the request is known to be sound. */
  admit?: () => Promise<void>;
  warn?: (text: string) => void;
  /** For the audit event. */
  annotate?: (key: string, value: string) => void;
}

const tokenRequestKind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
const secondsMin = 600;
const secondsMax = 2 ** 32;
const secondsDefault = 3600;
/** What pods' projected volumes ask for; such tokens may be stretched to a year. */
const secondsOfPods = 3607;
const secondsStretched = 365 * 24 * 3600;

/** POST …/serviceaccounts/{name}/token */
export async function requestToken(
  request: KubeObject,
  { namespace, name }: { namespace: string; name: string },
  options: TokenRequestOptions,
): Promise<KubeObject> {
  const { now = () => new Date() } = options;
  if (request.metadata.name && request.metadata.name !== name) {
    throw invalid(tokenRequestKind, name, [
      fieldInvalid(
        'metadata.name',
        request.metadata.name,
        'must match the service account name if specified',
      ),
    ]);
  }
  const account = await options.read('serviceaccounts', namespace, name);
  if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name);
  const time = now();
  complete(request, account, options, time);
  checkSeconds(request.spec.expirationSeconds);
  await options.admit?.();
  const { audiences, boundObjectRef } = request.spec;
  const bound = await readBound(boundObjectRef, namespace, name, options);
  const seconds = shortened(request.spec.expirationSeconds, options);
  const stretched =
    options.extendExpiration &&
    seconds === secondsOfPods &&
    bound.pod !== undefined &&
    audiences.every((audience: string) => options.apiAudiences.includes(audience));
  const issuedAt = Math.floor(time.getTime() / 1000);
  const id = randomUUID();
  const token = await options.issuer.sign({
    subject: usernameOf(namespace, name),
    audiences,
    id,
    claims: makeBoundClaims({
      account,
      ...bound,
      ...(stretched ? { warnafter: issuedAt + seconds } : {}),
    }),
    issuedAt,
    expires: issuedAt + (stretched ? secondsStretched : seconds),
  });
  options.annotate?.('authentication.kubernetes.io/issued-credential-id', `JTI=${id}`);
  return {
    ...request,
    spec: { ...request.spec, expirationSeconds: seconds, boundObjectRef: boundObjectRef ?? null },
    status: { token, expirationTimestamp: timestamp(new Date((issuedAt + seconds) * 1000)) },
  };
}

/** What the request leaves out is the account's own. */
function complete(
  request: KubeObject,
  account: KubeObject,
  { apiAudiences }: TokenRequestOptions,
  now: Date,
): void {
  const { metadata } = request;
  const { name = '', namespace = '', uid } = account.metadata;
  if (metadata.uid && metadata.uid !== uid) {
    throw conflict(
      { group: tokenRequestKind.group, resource: tokenRequestKind.kind },
      name,
      `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${uid})`,
    );
  }
  metadata.name = name;
  metadata.namespace = namespace;
  if (uid !== undefined) metadata.uid = uid;
  metadata.creationTimestamp = timestamp(now);
  const spec = (request['spec'] ??= {});
  if (!(spec.audiences?.length > 0)) spec.audiences = [...apiAudiences];
  spec.expirationSeconds ??= secondsDefault;
  delete request['status'];
}

function checkSeconds(seconds: number): void {
  const fault =
    seconds < secondsMin
      ? 'may not specify a duration less than 10 minutes'
      : seconds > secondsMax
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (fault === undefined) return;
  // upstream names nothing here
  throw invalid(tokenRequestKind, '', [fieldInvalid('spec.expirationSeconds', seconds, fault)]);
}

function shortened(asked: number, { maxExpirationSeconds, warn }: TokenRequestOptions): number {
  if (maxExpirationSeconds <= 0 || asked <= maxExpirationSeconds) return asked;
  warn?.(`requested expiration of ${asked} seconds shortened to ${maxExpirationSeconds} seconds`);
  return maxExpirationSeconds;
}

interface BoundObjectReference {
  kind?: string;
  apiVersion?: string;
  name?: string;
  uid?: string;
}

interface Bound {
  pod?: KubeObject;
  secret?: KubeObject;
  node?: { name: string; uid?: string };
}

async function readBound(
  ref: BoundObjectReference | null | undefined,
  namespace: string,
  account: string,
  { read }: TokenRequestOptions,
): Promise<Bound> {
  if (!ref) return {};
  const { group, version } = parseApiVersion(ref.apiVersion ?? '') ?? { group: '', version: '' };
  const resources: Record<string, string> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };
  const resource = group === '' ? resources[ref.kind ?? ''] : undefined;
  if (resource === undefined) {
    throw badRequest(
      `cannot bind token to object of type ${group}/${version}, Kind=${ref.kind ?? ''}`,
    );
  }
  const name = ref.name ?? '';
  const object = await read(resource, resource === 'nodes' ? '' : namespace, name);
  if (object === undefined) throw notFound({ group: '', resource }, name);
  if (resource === 'pods' && object.spec?.serviceAccountName !== account) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
    );
  }
  if (ref.uid && ref.uid !== object.metadata.uid) {
    throw conflict(
      { group: '', resource: ref.kind ?? '' },
      name,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (resource === 'secrets') return { secret: object };
  if (resource === 'nodes') return { node: { name, uid: object.metadata.uid ?? '' } };
  return { pod: object, ...(await nodeOf(object, read)) };
}

/** A pod's token also says where it runs, as far as that is known. */
async function nodeOf(pod: KubeObject, read: TokenRequestOptions['read']): Promise<Bound> {
  const name: string = pod.spec.nodeName ?? '';
  if (name === '') return {};
  const uid = (await read('nodes', '', name))?.metadata.uid;
  return { node: { name, ...(uid === undefined ? {} : { uid }) } };
}
