import type { UserInfo } from '../context.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import { type Claims, makeClaimResolver } from './distributed-claims.ts';
import { type Fetch, makeFetch } from '../outgoing/fetch.ts';
import { untrustedIssuer } from './id-token.ts';
import { makeIssuer } from './issuer.ts';
import { goJson } from './signed-token.ts';

/** OpenID Connect ID tokens of one issuer. Source: plugin/pkg/authenticator/token/oidc. */
export interface OidcOptions {
  issuerUrl: string;
  /** Where the discovery document is, when it is not below the issuer's URL. */
  discoveryUrl?: string | undefined;
  /** One of them must be the token's. */
  audiences: readonly string[];
  /** `--oidc-signing-algs`; undefined is every asymmetric one. */
  signingAlgorithms?: readonly string[];
  /** Who the claims speak of; throws when they are not enough. */
  userOf(claims: Claims): UserInfo;
  /** The claim of groups, which may be held elsewhere. */
  groupsClaim?: string | undefined;
  /** How to reach the issuer, where it has a CA of its own. */
  fetch?: Fetch | undefined;
  observe?: OidcObserver | undefined;
}

export interface OidcObserver {
  /** Each look at the key set; the text of one that can be used. */
  fetched(keySet: string | undefined): void;
  authenticated(passed: boolean, seconds: number): void;
  /** Why the issuer cannot be asked yet. */
  failed(error: Error): void;
}

export interface OidcAuthenticator extends TokenAuthenticator {
  /** Why the issuer's tokens cannot be verified yet; undefined when they can. */
  unready(): string | undefined;
  close(): void;
}

/** What an AuthenticationConfiguration takes, in upstream's order. */
const asymmetric = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
];

export function makeOidc(options: OidcOptions): OidcAuthenticator {
  const { issuerUrl, audiences, groupsClaim = '', observe } = options;
  const fetch = options.fetch ?? makeFetch({});
  const algorithms = options.signingAlgorithms ?? asymmetric;
  const issuer = makeIssuer({
    url: issuerUrl,
    discoveryUrl: options.discoveryUrl,
    audiences,
    algorithms,
    fetch,
    onFetched: observe?.fetched,
    onFailed: observe?.failed,
  });
  const resolver =
    groupsClaim === ''
      ? undefined
      : makeClaimResolver({
          claim: groupsClaim,
          fetch,
          issuer: (url) => makeIssuer({ url, audiences, algorithms, fetch }),
        });

  async function userOf(token: string): Promise<UserInfo> {
    if (issuer.unready() !== undefined) throw new Error('oidc: authenticator not initialized');
    const payload = await issuer.verify(token).catch((error: Error) => {
      throw new Error(`oidc: verify token: ${error.message}`, { cause: error });
    });
    const claims = goJson(payload.toString('utf8')) as Claims;
    const all = await resolver?.expand(claims).catch((error: Error) => {
      throw new Error(`oidc: could not expand distributed claims: ${error.message}`, {
        cause: error,
      });
    });
    return options.userOf(all ?? claims);
  }

  return {
    name: 'oidc',
    async authenticateToken(token, asked) {
      if (untrustedIssuer(token) !== issuerUrl) return undefined;
      const start = performance.now();
      let passed = false;
      try {
        const user = await userOf(token);
        passed = true;
        return { user, audiences: asked };
      } finally {
        observe?.authenticated(passed, (performance.now() - start) / 1000);
      }
    },
    unready: () => issuer.unready(),
    close() {
      issuer.close();
      resolver?.close();
    },
  };
}
