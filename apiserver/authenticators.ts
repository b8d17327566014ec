import { readFileSync } from 'node:fs';
import type { Logger } from '../log/log.ts';
import type { Registry } from '../metrics/registry.ts';
import { makeAnonymous } from './authn/anonymous.ts';
import type { Authenticator, TokenAuthenticator } from './authn/authenticator.ts';
import { forApiAudiences, tokensInOrder } from './authn/bearer-token.ts';
import { type ClaimMappings, makeUserOfClaims } from './authn/claims.ts';
import {
  type AuthenticationConfiguration,
  type JwtIssuer,
  readAuthenticationConfiguration,
} from './authn/configuration.ts';
import { makeFetch } from './outgoing/fetch.ts';
import { makeOidc, type OidcAuthenticator } from './authn/oidc.ts';
import { cacheTokens } from './authn/token-cache.ts';
import { makeTokenWebhook } from './authn/token-webhook.ts';
import { followConfiguration } from './configuration-file.ts';
import { type IssuerMetrics, makeIssuerMetrics } from './metrics/issuer-metrics.ts';
import { makeReloadMetrics } from './metrics/reload-metrics.ts';
import type { AuthnConfig } from './options/authentication.ts';
import type { OidcConfig } from './options/oidc.ts';
import { remoteService } from './webhook/kubeconfig.ts';

/** Who vouches for tokens and for anonymous requests from outside: files and services that flags name. */
export interface ConfiguredAuthenticators {
  /** ID tokens of all issuers; undefined without any. */
  jwt: TokenAuthenticator | undefined;
  webhook: TokenAuthenticator | undefined;
  anonymous: Authenticator | undefined;
  /** Why an issuer of tokens cannot be asked yet; undefined when all can. */
  unready(): string | undefined;
  close(): void;
}

/** How long a token that somebody vouched for is remembered (authentication/token/cache). */
const jwtTtlMs = 10_000;

export async function configuredAuthenticators(
  config: AuthnConfig,
  log: Logger,
  registry: Registry,
): Promise<ConfiguredAuthenticators> {
  const webhook = tokenWebhook(config);
  const make = { config, log, metrics: makeIssuerMetrics(registry) };
  if (config.configFile === '') {
    const jwt = config.oidc === undefined ? undefined : issuers([fromFlags(config.oidc)], make);
    return {
      jwt: jwt?.tokens,
      webhook: webhook?.tokens,
      anonymous: config.anonymous ? makeAnonymous() : undefined,
      unready: () => jwt?.unready(),
      close() {
        jwt?.close();
        webhook?.close();
      },
    };
  }
  const followed = await followConfiguration({
    file: config.configFile,
    log,
    read: (content, first) =>
      fromFile(
        readAuthenticationConfiguration(content, config.serviceAccount.issuers, first),
        make,
      ),
    ready: ({ jwt }) => untilReady(jwt),
    replaced(old) {
      const { urls } = followed.current().jwt;
      old.jwt.close();
      for (const url of old.jwt.urls) if (!urls.includes(url)) make.metrics.forget(url);
    },
    metrics: makeReloadMetrics(registry, 'authentication'),
  });
  return {
    jwt: {
      name: 'oidc',
      authenticateToken: (token, asked) =>
        followed.current().jwt.tokens.authenticateToken(token, asked),
    },
    webhook: webhook?.tokens,
    anonymous: {
      name: 'anonymous',
      authenticate: (context) => followed.current().anonymous?.authenticate(context),
    },
    unready: () => followed.current().jwt.unready(),
    close() {
      followed.close();
      followed.current().jwt.close();
      webhook?.close();
    },
  };
}

/** What a changed file has to get ready: what is in force is given up for nothing that does not work. */
const readyMs = 60_000;
const lookMs = 250;

async function untilReady(jwt: Issuers): Promise<void> {
  const end = Date.now() + readyMs;
  for (let why = jwt.unready(); why !== undefined; why = jwt.unready()) {
    if (Date.now() > end) {
      jwt.close();
      throw new Error(why);
    }
    await new Promise<void>((resolve) => setTimeout(resolve, lookMs).unref());
  }
}

interface Make {
  config: AuthnConfig;
  log: Logger;
  metrics: IssuerMetrics;
}

function fromFile({ jwt, anonymous }: AuthenticationConfiguration, make: Make) {
  const { config } = make;
  if (anonymous !== undefined && config.anonymousGiven) {
    throw new Error(
      '--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file',
    );
  }
  const on = anonymous?.enabled ?? config.anonymous;
  const { paths } = anonymous ?? {};
  return {
    jwt: issuers(jwt, make),
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

interface Issuers {
  tokens: TokenAuthenticator;
  urls: readonly string[];
  unready(): string | undefined;
  close(): void;
}

function issuers(
  list: readonly (JwtIssuer & { signingAlgorithms?: readonly string[] })[],
  { config, log, metrics }: Make,
): Issuers {
  const each = list.map((issuer): OidcAuthenticator => {
    const { url, signingAlgorithms } = issuer;
    return makeOidc({
      issuerUrl: url,
      discoveryUrl: issuer.discoveryUrl,
      audiences: issuer.audiences,
      userOf: makeUserOfClaims(issuer),
      groupsClaim: issuer.mappings.groups?.claim,
      fetch: makeFetch({ ca: issuer.certificateAuthority }),
      observe: {
        ...metrics.of(url),
        failed: (error) =>
          log.error({ error, issuer: url }, 'issuer of tokens cannot be asked yet'),
      },
      ...(signingAlgorithms === undefined ? {} : { signingAlgorithms }),
    });
  });
  const { apiAudiences } = config;
  const tokens = each.map((one) =>
    forApiAudiences(cacheTokens(one, { successTtlMs: jwtTtlMs }), apiAudiences),
  );
  return {
    tokens: tokensInOrder(tokens),
    urls: list.map(({ url }) => url),
    unready: () => each.map((one) => one.unready()).find((why) => why !== undefined),
    close() {
      for (const one of each) one.close();
    },
  };
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
  const { cacheTtlMs } = webhook;
  return {
    tokens: cacheTokens(tokens, { successTtlMs: cacheTtlMs, failureTtlMs: cacheTtlMs }),
    close: () => remote.close(),
  };
}
