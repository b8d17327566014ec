import { internalError } from '../../object/status-error.ts';
import type { Authorize } from '../authz/authorize.ts';
import { forbiddenByAuthorizer } from '../authz/authorize.ts';
import type { Attributes } from '../authz/authorizer.ts';
import type { RequestContext, Stage, UserInfo } from '../context.ts';
import { allAuthenticated, allUnauthenticated } from './authenticate.ts';
import { headersByPrefix, headerValues } from './header-values.ts';
import { serviceAccountGroups, splitUsername } from './service-account-claims.ts';

/**
 * Acting as someone else: `Impersonate-User`, `-Group`, `-Uid` and `-Extra-*`, each of which the
 * caller must be allowed to `impersonate`. Source: k8s.io/apiserver endpoints/filters/impersonation.
 */
const userHeader = 'impersonate-user';
const uidHeader = 'impersonate-uid';
const groupHeader = 'impersonate-group';
const extraPrefix = 'impersonate-extra-';

/** One permission to ask for, in the order upstream asks. */
interface Wanted {
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

export function makeImpersonate(options: { authorize: Authorize }): Stage {
  return {
    name: 'impersonate',
    run(context): Promise<void> | void {
      if (!mayImpersonate(context)) return undefined;
      return impersonate(context, options.authorize);
    },
  };
}

/** Most requests carry none of the headers: this is all they pay. */
function mayImpersonate({ exchange: { rawHeaders } }: RequestContext): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.startsWith('i') || name.startsWith('I')) {
      if (name.toLowerCase().startsWith('impersonate-')) return true;
    }
  }
  return false;
}

async function impersonate(context: RequestContext, authorize: Authorize): Promise<void> {
  const name = headerValues(context, userHeader)[0] ?? '';
  const uid = headerValues(context, uidHeader)[0] ?? '';
  const groups = headerValues(context, groupHeader);
  const extra = headersByPrefix(context, extraPrefix) ?? new Map<string, string[]>();
  const wanted = permissions(name, uid, groups, extra);
  if (wanted.length === 0) return;
  if (name === '') {
    const asked = wanted.map(({ resource, name: value }) => `${resource} ${JSON.stringify(value)}`);
    throw internalError(`requested [${asked.join(' ')}] without impersonating a user`);
  }
  for (const one of wanted) await check(context, authorize, one);
  const user = newUser(name, uid, groups, extra);
  context.impersonator = context.user;
  context.user = user;
  for (const header of Object.keys(context.headers)) {
    if (header.startsWith('impersonate-')) delete context.headers[header];
  }
}

function permissions(
  name: string,
  uid: string,
  groups: readonly string[],
  extra: ReadonlyMap<string, readonly string[]>,
): Wanted[] {
  const plain = { group: '', subresource: '', namespace: '' };
  const wanted: Wanted[] = [];
  if (name !== '') {
    const account = splitUsername(name);
    wanted.push(
      account === undefined
        ? { ...plain, resource: 'users', name }
        : { ...plain, resource: 'serviceaccounts', ...account },
    );
  }
  for (const group of groups) wanted.push({ ...plain, resource: 'groups', name: group });
  const authentication = { ...plain, group: 'authentication.k8s.io' };
  for (const [subresource, values] of extra) {
    for (const value of values) {
      wanted.push({ ...authentication, resource: 'userextras', subresource, name: value });
    }
  }
  if (uid !== '') wanted.push({ ...authentication, resource: 'uids', name: uid });
  return wanted;
}

async function check(context: RequestContext, authorize: Authorize, one: Wanted): Promise<void> {
  const asked: Attributes = {
    user: context.user,
    verb: 'impersonate',
    resourceRequest: true,
    version: one.group === '' ? '' : 'v1',
    path: '',
    ...one,
  };
  const decision = await authorize(asked);
  if (decision.verdict !== 'allow') throw forbiddenByAuthorizer(asked, decision.reason);
}

function newUser(
  name: string,
  uid: string,
  asked: readonly string[],
  extra: ReadonlyMap<string, readonly string[]>,
): UserInfo {
  const account = splitUsername(name);
  const groups = [...asked];
  // With groups given, those are the whole truth.
  if (asked.length === 0 && account !== undefined) {
    groups.push(...serviceAccountGroups(account.namespace));
  }
  const marked = groups.includes(allAuthenticated) || groups.includes(allUnauthenticated);
  if (name === 'system:anonymous') {
    if (!groups.includes(allUnauthenticated)) groups.push(allUnauthenticated);
  } else if (!marked) {
    groups.push(allAuthenticated);
  }
  return {
    name,
    ...(uid === '' ? {} : { uid }),
    groups,
    ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}
