import { readFileSync } from 'node:fs';
import type { Logger } from '../log/log.ts';
import { makeAnonymous } from './authn/anonymous.ts';
import type { Authenticator, TokenAuthenticator } from './authn/authenticator.ts';
import { forApiAudiences, tokensInOrder } from './authn/bearer-token.ts';
import { type ClaimMappings, makeUserOfClaims } from './authn/claims.ts';
import {
  type AuthenticationConfiguration,
  type JwtIssuer,
  readAuthenticationConfiguration,
} from './authn/configuration.ts';
import { fetchTrusting } from './authn/fetch.ts';
import { makeOidc } from './authn/oidc.ts';
import { cacheTokens } from './authn/token-cache.ts';
import { makeTokenWebhook } from './authn/token-webhook.ts';
import { followConfiguration } from './configuration-file.ts';
import type { AuthnConfig } from './options/authentication.ts';
import type { OidcConfig } from './options/oidc.ts';
import { remoteService } from './webhook/kubeconfig.ts';

/** Who vouches for tokens and for anonymous requests from outside: files and services that flags name. */
export interface ConfiguredAuthenticators {
  /** ID tokens of all issuers; undefined without any. */
  jwt: TokenAuthenticator | undefined;
  webhook: TokenAuthenticator | undefined;
  anonymous: Authenticator | undefined;
  close(): void;
}

/** How long a token that somebody vouched for is remembered (authentication/token/cache). */
const jwtTtlMs = 10_000;

export async function configuredAuthenticators(
  config: AuthnConfig,
  log: Logger,
): Promise<ConfiguredAuthenticators> {
  const webhook = tokenWebhook(config);
  if (config.configFile === '') {
    const jwt = config.oidc === undefined ? [] : [fromFlags(config.oidc)];
    return {
      jwt: jwt.length === 0 ? undefined : issuers(jwt, config),
      webhook: webhook?.tokens,
      anonymous: config.anonymous ? makeAnonymous() : undefined,
      close: () => webhook?.close(),
    };
  }
  const followed = await followConfiguration({
    file: config.configFile,
    log,
    read: (content) =>
      fromFile(readAuthenticationConfiguration(content, config.serviceAccount.issuers), config),
  });
  return {
    jwt: {
      name: 'oidc',
      authenticateToken: (token, asked) => followed.current().jwt.authenticateToken(token, asked),
    },
    webhook: webhook?.tokens,
    anonymous: {
      name: 'anonymous',
      authenticate: (context) => followed.current().anonymous?.authenticate(context),
    },
    close() {
      followed.close();
      webhook?.close();
    },
  };
}

function fromFile({ jwt, anonymous }: AuthenticationConfiguration, config: AuthnConfig) {
  if (anonymous !== undefined && config.anonymousGiven) {
    throw new Error(
      '--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file',
    );
  }
  const on = anonymous?.enabled ?? config.anonymous;
  const { paths } = anonymous ?? {};
  return {
    jwt: issuers(jwt, config),
    anonymous: on ? makeAnonymous(paths === undefined ? {} : { paths }) : undefined,
  };
}

/** `--oidc-*` as an AuthenticationConfiguration would say it. */
function fromFlags(oidc: OidcConfig): JwtIssuer & { signingAlgorithms: readonly string[] } {
  const { usernameClaim: claim, usernamePrefix, groupsClaim, groupsPrefix } = oidc;
  const otherwise = claim === 'email' ? '' : `${oidc.issuerUrl}#`;
  const prefix = usernamePrefix === '-' ? '' : usernamePrefix || otherwise;
  const mappings: ClaimMappings = {
    username: { claim, prefix },
    ...(groupsClaim === '' ? {} : { groups: { claim: groupsClaim, prefix: groupsPrefix } }),
  };
  return {
    url: oidc.issuerUrl,
    discoveryUrl: undefined,
    certificateAuthority: oidc.caFile === '' ? undefined : readFileSync(oidc.caFile, 'utf8'),
    audiences: [oidc.clientId],
    mappings,
    claimRules: Object.entries(oidc.requiredClaims).map(([name, value]) => ({
      claim: name,
      requiredValue: value,
    })),
    userRules: [],
    signingAlgorithms: oidc.signingAlgorithms,
  };
}

function issuers(
  list: readonly (JwtIssuer & { signingAlgorithms?: readonly string[] })[],
  config: AuthnConfig,
): TokenAuthenticator {
  const each = list.map((issuer) => {
    const { certificateAuthority: ca, signingAlgorithms } = issuer;
    const tokens = makeOidc({
      issuerUrl: issuer.url,
      discoveryUrl: issuer.discoveryUrl,
      audiences: issuer.audiences,
      userOf: makeUserOfClaims(issuer),
      fetch: ca === undefined ? undefined : fetchTrusting(ca),
      ...(signingAlgorithms === undefined ? {} : { signingAlgorithms }),
    });
    return forApiAudiences(cacheTokens(tokens, { successTtlMs: jwtTtlMs }), config.apiAudiences);
  });
  return tokensInOrder(each);
}

function tokenWebhook(
  config: AuthnConfig,
): { tokens: TokenAuthenticator; close(): void } | undefined {
  const { tokenWebhook: webhook, apiAudiences } = config;
  if (webhook === undefined) return undefined;
  const remote = remoteService(webhook.configFile);
  const tokens = makeTokenWebhook({
    version: webhook.version,
    post: (body) => remote.post(body),
    apiAudiences,
  });
  return {
    tokens:
      webhook.cacheTtlMs > 0 ? cacheTokens(tokens, { successTtlMs: webhook.cacheTtlMs }) : tokens,
    close: () => remote.close(),
  };
}
