import type { RequestContext, UserInfo } from '../context.ts';
import type { TokenNotes } from './token-notes.ts';

/**
 * One source of identity. `undefined` means "nothing of mine here": the next is asked. Throwing
 * means credentials were presented and are wrong; if no other authenticator accepts the request,
 * it is a 401 (k8s.io/apiserver authentication/request/union).
 */
export interface Authenticator {
  name: string;
  authenticate(context: RequestContext): Promise<UserInfo | undefined> | UserInfo | undefined;
}

/** A bearer token's verifier, asked by the bearer-token authenticator and by TokenReview. */
export interface TokenAuthenticator {
  name: string;
  /** `audiences` empty: the server's own API audiences. `hash`: of the token, where it is known. */
  authenticateToken(
    token: string,
    audiences: readonly string[],
    hash?: string,
  ): Promise<TokenIdentity | undefined> | TokenIdentity | undefined;
}

export interface TokenIdentity {
  user: UserInfo;
  /** Audiences both asked for and held by the token. */
  audiences: readonly string[];
  /** What is to be told of its use. */
  notes?: TokenNotes | undefined;
}
