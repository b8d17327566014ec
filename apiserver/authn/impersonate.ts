import { badRequest } from '../../object/status-error.ts';
import { type Authorize, attributesOf } from '../authz/authorize.ts';
import type { RequestContext, Stage, UserInfo } from '../context.ts';
import { headersByPrefix, headerValues } from './header-values.ts';
import { type Impersonation, makeImpersonation } from './impersonation-modes.ts';

/**
 * Acting as someone else: `Impersonate-User`, `-Group`, `-Uid` and `-Extra-*`, each of which the
 * caller must be allowed to `impersonate`. Source: k8s.io/apiserver endpoints/filters/impersonation.
 */
const userHeader = 'impersonate-user';
const uidHeader = 'impersonate-uid';
const groupHeader = 'impersonate-group';
const extraPrefix = 'impersonate-extra-';

export function makeImpersonate(options: { authorize: Authorize }): Stage {
  const impersonation = makeImpersonation(options.authorize);
  return {
    name: 'impersonate',
    run(context): Promise<void> | void {
      if (!mayImpersonate(context)) return undefined;
      return impersonate(context, impersonation);
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

async function impersonate(context: RequestContext, impersonation: Impersonation): Promise<void> {
  const name = headerValues(context, userHeader)[0] ?? '';
  const uid = headerValues(context, uidHeader)[0] ?? '';
  const groups = headerValues(context, groupHeader);
  const extra = headersByPrefix(context, extraPrefix) ?? new Map<string, string[]>();
  if (name === '') {
    if (uid === '' && groups.length === 0 && extra.size === 0) return;
    throw badRequest(`requested ${shown(uid, groups, extra)} without impersonating a user name`);
  }
  const wanted: UserInfo = {
    name,
    ...(uid === '' ? {} : { uid }),
    groups: [...groups],
    ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
  const asked = attributesOf(context.user, context.info);
  const { user, constraint } = await impersonation(asked, wanted);
  context.impersonator = context.user;
  context.impersonationConstraint = constraint;
  context.user = user;
  for (const header of Object.keys(context.headers)) {
    if (header.startsWith('impersonate-')) delete context.headers[header];
  }
}

/** As Go's %#v shows what was asked for. */
function shown(
  uid: string,
  groups: readonly string[],
  extra: ReadonlyMap<string, readonly string[]>,
): string {
  const quoted = (values: readonly string[]): string =>
    `{${values.map((value) => JSON.stringify(value)).join(', ')}}`;
  const list = groups.length === 0 ? '(nil)' : quoted(groups);
  const pairs = [...extra].map(
    ([key, values]) => `${JSON.stringify(key)}:[]string${quoted(values)}`,
  );
  const map = extra.size === 0 ? '(nil)' : `{${pairs.join(', ')}}`;
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:[]string${list}, Extra:map[string][]string${map}}`;
}
