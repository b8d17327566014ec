import type { RequestContext, UserInfo } from '../context.ts';
import type { Authenticator, TokenAuthenticator, TokenIdentity } from './authenticator.ts';
import { hashOnConnection } from './token-hash.ts';
import { tell, tellOf } from './token-notes.ts';

/**
 * The token of `Authorization: Bearer …`, or of a WebSocket's subprotocol list for browsers that
 * can set no header. The header is taken away once accepted: nothing behind may pass it on.
 * Source: authentication/request/bearertoken and /websocket.
 */

const webSocketPrefix = 'base64url.bearer.authorization.k8s.io.';

export class InvalidToken extends Error {
  constructor(options?: ErrorOptions) {
    super('invalid bearer token', options);
    this.name = 'InvalidToken';
  }
}

export function makeBearerToken(options: {
  tokens: TokenAuthenticator;
  /** `--api-audiences`. */
  audiences: readonly string[];
}): Authenticator {
  return {
    name: 'bearer-token',
    authenticate(context) {
      const token = bearerToken(context) ?? webSocketToken(context);
      if (token === undefined) return undefined;
      const hash = hashOnConnection(context.socket, token);
      const refuse = (error: unknown): never => {
        tellOf(context, error);
        throw error;
      };
      try {
        const answer = options.tokens.authenticateToken(token, options.audiences, hash);
        if (!(answer instanceof Promise)) return accept(context, answer);
        return answer.then((identity) => accept(context, identity), refuse);
      } catch (error) {
        return refuse(error);
      }
    },
  };
}

function accept(context: RequestContext, identity: TokenIdentity | undefined): UserInfo {
  if (identity === undefined) throw new InvalidToken();
  tell(context, identity.notes);
  delete context.headers.authorization;
  const protocols = context.headers['sec-websocket-protocol'];
  if (protocols?.includes(webSocketPrefix)) {
    context.headers['sec-websocket-protocol'] = splitProtocols(protocols)
      .filter((protocol) => !protocol.startsWith(webSocketPrefix))
      .join(',');
  }
  return identity.user;
}

const spaceWarning =
  'the provided Authorization header contains extra space before the bearer token, and is ignored';

function bearerToken(context: RequestContext): string | undefined {
  const header = context.headers.authorization;
  if (header === undefined) return undefined;
  const [scheme = '', token = '', more] = header.trim().split(' ');
  if (scheme.toLowerCase() !== 'bearer') return undefined;
  if (token !== '') return token;
  if (more !== undefined) context.warnings.push(spaceWarning);
  return undefined;
}

function webSocketToken(context: RequestContext): string | undefined {
  const protocols = context.headers['sec-websocket-protocol'];
  if (protocols === undefined || !protocols.includes(webSocketPrefix)) return undefined;
  if (context.headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
  const offered = splitProtocols(protocols);
  const carriers = offered.filter((protocol) => protocol.startsWith(webSocketPrefix));
  if (carriers.length > 1) {
    throw new Error('multiple base64.bearer.authorization tokens specified');
  }
  if (offered.length === carriers.length) {
    throw new Error('missing additional subprotocol');
  }
  const token = Buffer.from((carriers[0] ?? '').slice(webSocketPrefix.length), 'base64url');
  return token.length === 0 ? undefined : token.toString('utf8');
}

function splitProtocols(header: string): string[] {
  return header.split(',').map((protocol) => protocol.trim());
}

/**
 * Token authenticators one after another; the first that knows the token wins. When none does, whatever
 * went wrong is told, of all of them (authentication/token/union).
 */
export function tokensInOrder(list: readonly TokenAuthenticator[]): TokenAuthenticator {
  function ask(
    from: number,
    token: string,
    audiences: readonly string[],
    hash: string | undefined,
    failures: readonly Error[],
  ): TokenIdentity | undefined | Promise<TokenIdentity | undefined> {
    let failed = failures;
    for (let i = from; i < list.length; i++) {
      try {
        const answer = (list[i] as TokenAuthenticator).authenticateToken(token, audiences, hash);
        if (answer instanceof Promise) {
          return answer.then(
            (identity) => identity ?? ask(i + 1, token, audiences, hash, failed),
            (error: Error) => ask(i + 1, token, audiences, hash, [...failed, error]),
          );
        }
        if (answer !== undefined) return answer;
      } catch (error) {
        failed = [...failed, error as Error];
      }
    }
    if (failed.length > 0) throw together(failed);
    return undefined;
  }
  return {
    name: 'token',
    authenticateToken: (token, audiences, hash) => ask(0, token, audiences, hash, []),
  };
}

/** As upstream's aggregate says it: each once, in brackets when there are several. */
function together(errors: readonly Error[]): Error {
  const each = errors.flatMap((error) =>
    error instanceof AggregateError ? (error.errors as Error[]) : [error],
  );
  const texts = [...new Set(each.map(({ message }) => message))];
  const [only] = texts;
  return new AggregateError(each, texts.length === 1 ? only : `[${texts.join(', ')}]`);
}

/**
 * For tokens that carry no audience of their own: they are good for the API server's
 * (authentication/authenticator WrapAudienceAgnosticToken).
 */
export function forApiAudiences(
  inner: TokenAuthenticator,
  apiAudiences: readonly string[],
): TokenAuthenticator {
  return {
    name: inner.name,
    authenticateToken(token, asked, hash) {
      const shared = asked.filter((audience) => apiAudiences.includes(audience));
      if (asked.length > 0 && apiAudiences.length > 0 && shared.length === 0) return undefined;
      const accept = (identity: TokenIdentity | undefined) =>
        identity === undefined ? undefined : { user: identity.user, audiences: shared };
      const answer = inner.authenticateToken(token, asked, hash);
      return answer instanceof Promise ? answer.then(accept) : accept(answer);
    },
  };
}
