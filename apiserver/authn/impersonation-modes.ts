import { dns1123SubdomainErrors } from '../../object/name.ts';
import { StatusError } from '../../object/status-error.ts';
import { type Authorize, forbiddenByAuthorizer } from '../authz/authorize.ts';
import type { Attributes } from '../authz/authorizer.ts';
import type { UserInfo } from '../context.ts';
import { allAuthenticated, allUnauthenticated } from './authenticate.ts';
import { serviceAccountGroups, splitUsername } from './service-account-claims.ts';

/**
 * The ways in which one user may act as another (KEP-5284): bound to what is done meanwhile
 * (`impersonate-on:MODE:VERB` beside `impersonate:MODE`), or, as ever, for all the other may do
 * (`impersonate`). Source: k8s.io/apiserver endpoints/filters/impersonation/mode.go.
 */
export interface Impersonated {
  user: UserInfo;
  /** The verb that allowed it; undefined when nothing bounds it. */
  constraint: string | undefined;
}

interface Mode {
  name: 'associated-node' | 'arbitrary-node' | 'serviceaccount' | 'user-info' | 'legacy';
  /** Whether the wanted user can be had this way at all. */
  fits(wanted: UserInfo, requestor: UserInfo): boolean;
}

const modes: readonly Mode[] = [
  {
    name: 'associated-node',
    fits: (wanted, requestor) => onlyNamed(wanted) && isOwnNode(requestor, wanted.name),
  },
  {
    name: 'arbitrary-node',
    fits: (wanted) => onlyNamed(wanted) && nodeOf(wanted.name) !== undefined,
  },
  {
    name: 'serviceaccount',
    fits: (wanted) => onlyNamed(wanted) && splitUsername(wanted.name) !== undefined,
  },
  {
    name: 'user-info',
    fits: ({ name }) => nodeOf(name) === undefined && splitUsername(name) === undefined,
  },
  { name: 'legacy', fits: () => true },
];

const requestorsMax = 1024;

export type Impersonation = (request: Attributes, wanted: UserInfo) => Promise<Impersonated>;

/**
 * The first mode that allows it; else the refusal of the first that was tried. The mode that last
 * worked for a requestor is tried first: who acts as others of old pays for one check, as of old.
 */
export function makeImpersonation(authorize: Authorize): Impersonation {
  const lastModes = new Map<string, Mode>();
  return async (request, wanted) => {
    const requestor = request.user;
    const last = lastModes.get(requestor.name);
    const order = last === undefined ? modes : [last, ...modes.filter((mode) => mode !== last)];
    let refusal: StatusError | undefined;
    for (const mode of order) {
      if (!mode.fits(wanted, requestor)) continue;
      try {
        const found = await inMode(mode, authorize, request, wanted);
        if (lastModes.size >= requestorsMax) lastModes.clear();
        lastModes.set(requestor.name, mode);
        return found;
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        refusal ??= error;
      }
    }
    throw refusal ?? new Error('all impersonation modes failed');
  };
}

async function inMode(
  mode: Mode,
  authorize: Authorize,
  request: Attributes,
  wanted: UserInfo,
): Promise<Impersonated> {
  const constrained = mode.name !== 'legacy';
  const verb = constrained ? `impersonate:${mode.name}` : 'impersonate';
  const check = async (asked: Attributes): Promise<void> => {
    const question = mode.name === 'associated-node' ? forAnyNode(asked) : asked;
    const decision = await authorize(question);
    if (decision.verdict === 'allow') return;
    const error = decision.verdict === 'no-opinion' ? decision.error : undefined;
    const reason = [error, decision.reason].filter((text) => text).join(': ');
    throw forbiddenByAuthorizer(question, reason);
  };
  if (constrained) {
    await check({ ...request, verb: `impersonate-on:${mode.name}:${request.verb}` });
  }
  const asking: Asking = { check, verb, constrained, requestor: request.user };
  await authorizeName(asking, wanted);
  if (wanted.uid !== undefined && wanted.uid !== '') {
    await check(attributes(asking, 'authentication.k8s.io', 'uids', wanted.uid));
  }
  await authorizeGroups(asking, wanted.groups);
  await authorizeExtra(asking, wanted.extra ?? {});
  const user = { ...wanted, groups: groupsOf(wanted, constrained) };
  return { user, constraint: constrained ? verb : undefined };
}

interface Asking {
  check(asked: Attributes): Promise<void>;
  verb: string;
  constrained: boolean;
  requestor: UserInfo;
}

function attributes(asking: Asking, group: string, resource: string, name: string): Attributes {
  const nothing = { subresource: '', namespace: '', path: '' };
  const { requestor: user, verb } = asking;
  return { ...nothing, user, verb, resourceRequest: true, group, version: 'v1', resource, name };
}

/** Of old, users and groups are of the core group. */
const identityGroup = ({ constrained }: Asking): string =>
  constrained ? 'authentication.k8s.io' : '';

function authorizeName(asking: Asking, { name }: UserInfo): Promise<void> {
  const asked = attributes(asking, identityGroup(asking), 'users', name);
  const node = asking.constrained ? nodeOf(name) : undefined;
  const account = splitUsername(name);
  if (node !== undefined) Object.assign(asked, { resource: 'nodes', name: node });
  else if (account !== undefined) Object.assign(asked, { resource: 'serviceaccounts', ...account });
  return asking.check(asked);
}

/** So many are asked for at once before each is asked for by itself. */
const manyValues = 4;

async function authorizeGroups(asking: Asking, groups: readonly string[]): Promise<void> {
  if (groups.length === 0) return;
  const asked = (name: string): Attributes =>
    attributes(asking, identityGroup(asking), 'groups', name);
  if (asking.constrained) {
    if (groups.includes('')) {
      throw forbiddenByAuthorizer(asked(''), 'impersonating the empty string group is not allowed');
    }
    const masters = 'system:masters';
    if (groups.includes(masters)) {
      const why = 'impersonating the system:masters group is not allowed';
      throw forbiddenByAuthorizer(asked(masters), why);
    }
    if (groups.length >= manyValues && (await allowed(asking, asked('*')))) return;
  }
  for (const group of groups) await asking.check(asked(group));
}

async function authorizeExtra(
  asking: Asking,
  extra: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const pairs = Object.entries(extra).flatMap(([key, values]) =>
    values.map((value) => [key, value] as const),
  );
  if (pairs.length === 0) return;
  const asked = (subresource: string, name: string): Attributes => ({
    ...attributes(asking, 'authentication.k8s.io', 'userextras', name),
    subresource,
  });
  if (asking.constrained) {
    const why = extraError(pairs);
    if (why !== undefined) throw forbiddenByAuthorizer(asked('', ''), why);
    if (pairs.length >= manyValues && (await allowed(asking, asked('*', '*')))) return;
  }
  for (const [key, value] of pairs) await asking.check(asked(key, value));
}

/** Keys are lower case, as the headers that bring them are. */
function extraError(pairs: readonly (readonly [key: string, value: string])[]): string | undefined {
  for (const [key, value] of pairs) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed';
    const why = prefixedPathError(key);
    if (why !== undefined) return `impersonating an invalid key in extra is not allowed: ${why}`;
    if (value === '') return 'impersonating the empty string value in extra is not allowed';
  }
  return undefined;
}

/** IsDomainPrefixedPath of apimachinery's validation. */
function prefixedPathError(key: string): string | undefined {
  const shown = JSON.stringify(key);
  const cut = key.indexOf('/');
  const [domain, path] = cut < 0 ? [key, ''] : [key.slice(0, cut), key.slice(cut + 1)];
  if (domain === '' || path === '') {
    return `extra.key: Invalid value: ${shown}: must be a domain-prefixed path (such as "acme.io/foo")`;
  }
  const [wrong] = dns1123SubdomainErrors(domain);
  if (wrong !== undefined) return `extra.key: Invalid value: ${JSON.stringify(domain)}: ${wrong}`;
  if (/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) return undefined;
  return `extra.key: Invalid value: ${JSON.stringify(path)}: Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`;
}

async function allowed(asking: Asking, asked: Attributes): Promise<boolean> {
  try {
    await asking.check(asked);
    return true;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  }
}

/** Nodes and service accounts bring theirs; groups that were asked for are the whole truth. */
function groupsOf({ name, groups: asked }: UserInfo, constrained: boolean): string[] {
  const account = splitUsername(name);
  const own =
    constrained && nodeOf(name) !== undefined
      ? ['system:nodes']
      : asked.length === 0 && account !== undefined
        ? serviceAccountGroups(account.namespace)
        : asked;
  if (own.includes(allUnauthenticated)) return [...own];
  const mark = name === 'system:anonymous' ? allUnauthenticated : allAuthenticated;
  return own.includes(mark) ? [...own] : [...own, mark];
}

const nodePrefix = 'system:node:';

function nodeOf(username: string): string | undefined {
  if (!username.startsWith(nodePrefix)) return undefined;
  const name = username.slice(nodePrefix.length);
  return dns1123SubdomainErrors(name).length === 0 ? name : undefined;
}

function onlyNamed({ uid = '', groups, extra = {} }: UserInfo): boolean {
  return uid === '' && groups.length === 0 && Object.keys(extra).length === 0;
}

function isOwnNode(requestor: UserInfo, username: string): boolean {
  const node = nodeOf(username);
  const names = requestor.extra?.['authentication.kubernetes.io/node-name'];
  if (node === undefined || splitUsername(requestor.name) === undefined) return false;
  return names?.length === 1 && names[0] === node;
}

/** A service account is asked about its own node as about every node: which it is, was seen to. */
function forAnyNode(asked: Attributes): Attributes {
  const keys = Object.keys(asked.user.extra ?? {}).toSorted();
  const extra = { 'authentication.kubernetes.io/associated-node-keys': keys };
  const name = asked.verb === 'impersonate:associated-node' ? '*' : asked.name;
  return { ...asked, name, user: { ...asked.user, extra } };
}
