import { unauthorized } from '../../object/status-error.ts';
import type { RequestContext, Stage, UserInfo } from '../context.ts';
import type { Authenticator } from './authenticator.ts';

/**
 * Who asks? The authenticators in upstream's order (front proxy, client certificate, bearer token);
 * the first that knows the request wins. Wrong credentials are a 401 even where anonymous requests
 * are allowed. A connection of HTTP/2 on which nobody is known is good for one request: what it costs
 * must not be for free (the gate UnauthenticatedHTTP2DOSMitigation).
 * Source: pkg/kubeapiserver/authenticator, authentication/request/union, endpoints/filters.
 */
export interface AuthenticateOptions {
  authenticators: readonly Authenticator[];
  /** Asked last, and only when no credentials were presented. */
  anonymous?: Authenticator;
  /** Why a request got 401; never contains the credential. */
  onRefused?: (context: RequestContext, errors: readonly Error[]) => void;
  /** What came of it; the user where there is one. */
  observe?: (result: 'success' | 'failure' | 'error', userName?: string) => void;
}

export const allAuthenticated = 'system:authenticated';
export const allUnauthenticated = 'system:unauthenticated';

export function makeAuthenticate(options: AuthenticateOptions): Stage {
  const { authenticators } = options;

  function settle(context: RequestContext, user: UserInfo | undefined, errors: Error[]): void {
    if (user !== undefined) {
      context.user = withAuthenticatedGroup(user);
      options.observe?.('success', user.name);
      return;
    }
    const anonymous = errors.length === 0 ? options.anonymous?.authenticate(context) : undefined;
    if (anonymous === undefined || anonymous instanceof Promise) {
      options.observe?.(errors.length === 0 ? 'failure' : 'error');
      options.onRefused?.(context, errors);
      context.exchange.goAway();
      throw unauthorized();
    }
    context.exchange.goAway();
    context.user = anonymous;
    options.observe?.('success', anonymous.name);
  }

  /** Runs on without a tick until an authenticator has to wait. */
  function ask(context: RequestContext, from: number, errors: Error[]): Promise<void> | void {
    for (let i = from; i < authenticators.length; i++) {
      try {
        const answer = (authenticators[i] as Authenticator).authenticate(context);
        if (answer instanceof Promise) {
          return answer.then(
            (user) =>
              user === undefined ? ask(context, i + 1, errors) : settle(context, user, errors),
            (error) => ask(context, i + 1, [...errors, asError(error)]),
          );
        }
        if (answer !== undefined) return settle(context, answer, errors);
      } catch (error) {
        errors.push(asError(error));
      }
    }
    return settle(context, undefined, errors);
  }

  return { name: 'authenticate', run: (context) => ask(context, 0, []) };
}

// One result per credential's user, so that what is remembered about a user is found again.
const completed = new WeakMap<UserInfo, UserInfo>();

/** Everyone but the anonymous user is in `system:authenticated` (authentication/group). */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  const known = completed.get(user);
  if (known !== undefined) return known;
  const marked =
    user.groups.includes(allAuthenticated) ||
    user.groups.includes(allUnauthenticated) ||
    user.name === 'system:anonymous';
  const full = marked ? user : { ...user, groups: [...user.groups, allAuthenticated] };
  completed.set(user, full);
  return full;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
