import type { Logger } from '../log/log.ts';
import type { Registry } from '../metrics/registry.ts';
import type { KubeObject } from '../object/object.ts';
import { type ConfiguredAuthenticators, configuredAuthenticators } from './authenticators.ts';
import { makeAuthenticate } from './authn/authenticate.ts';
import type { Authenticator, TokenAuthenticator } from './authn/authenticator.ts';
import { forApiAudiences, makeBearerToken, tokensInOrder } from './authn/bearer-token.ts';
import { makeBootstrapToken } from './authn/bootstrap-token.ts';
import { makeClientCertificate } from './authn/client-certificate.ts';
import { makeFrontProxy } from './authn/front-proxy.ts';
import { makeServiceAccount, type ServiceAccountOptions } from './authn/service-account.ts';
import { makeStaticToken } from './authn/static-token.ts';
import { makeAuthorizers } from './authorizers.ts';
import type { Authorize } from './authz/authorize.ts';
import type { RuleResolver } from './authz/authorizer.ts';
import { makeRbac, type Rbac } from './authz/rbac.ts';
import type { ServerConfig } from './config.ts';
import type { RequestContext, Stage } from './context.ts';
import type { Credentials } from './credentials.ts';
import type { Metrics } from './metrics/metrics.ts';
import { makeTokenMetrics } from './metrics/token-metrics.ts';
import type { Listers } from './watch/view.ts';

/** Who asks and what they may: the authenticators and authorizers that the configuration names. */
export interface Security {
  authenticate: Stage;
  tokens: TokenAuthenticator;
  authorize: Authorize;
  /** What a user may, as a list. */
  rules: RuleResolver;
  rbac: Rbac;
  close(): void;
}

/** Who hears of users and tokens. */
interface Watchers extends Pick<Metrics, 'registry' | 'access'> {
  /** The token of a secret has been used. */
  onSecretUse(secret: KubeObject): void;
}

/** Rejects when a file that flags name cannot be used. */
export async function makeSecurity(
  config: ServerConfig,
  credentials: Credentials,
  listers: Listers,
  log: Logger,
  onUnauthorized: (context: RequestContext) => void,
  { registry, access, onSecretUse }: Watchers,
): Promise<Security> {
  const outside = await configuredAuthenticators(config.authn, log, registry);
  const uses = { observe: makeTokenMetrics(registry), onSecretUse };
  const tokens = tokensInOrder(tokenAuthenticators(config, credentials, listers, outside, uses));
  const authenticators: Authenticator[] = [];
  const { frontProxy } = config.authn;
  if (frontProxy.caFile !== '') {
    authenticators.push(
      makeFrontProxy({
        authorities: credentials.frontProxyAuthorities,
        allowedNames: frontProxy.allowedNames,
        usernameHeaders: frontProxy.usernameHeaders,
        uidHeaders: config.features.gates.enabled('RemoteRequestHeaderUID')
          ? frontProxy.uidHeaders
          : [],
        groupHeaders: frontProxy.groupHeaders,
        extraHeaderPrefixes: frontProxy.extraHeaderPrefixes,
      }),
    );
  }
  if (config.authn.clientCaFile !== '') {
    authenticators.push(
      makeClientCertificate({
        authorities: credentials.clientAuthorities,
        uid: config.features.gates.enabled('AllowParsingUserUIDFromCertAuth'),
        onLifetime: certificateLifetimes(registry),
      }),
    );
  }
  authenticators.push(makeBearerToken({ tokens, audiences: config.authn.apiAudiences }));
  const rbac = makeRbac({
    clusterRoles: listers.lister('rbac.authorization.k8s.io', 'clusterroles'),
    clusterRoleBindings: listers.lister('rbac.authorization.k8s.io', 'clusterrolebindings'),
    roles: listers.lister('rbac.authorization.k8s.io', 'roles'),
    roleBindings: listers.lister('rbac.authorization.k8s.io', 'rolebindings'),
  });
  const { authorize, rules, close } = await makeAuthorizers({
    config: config.authz,
    rbac,
    listers,
    log,
    registry,
  });
  return {
    authenticate: makeAuthenticate({
      authenticators,
      ...(outside.anonymous === undefined ? {} : { anonymous: outside.anonymous }),
      observe: access.authenticated,
      onRefused: refusalLog(log, onUnauthorized),
    }),
    tokens,
    authorize,
    rules,
    rbac,
    close() {
      outside.close();
      close();
    },
  };
}

function refusalLog(
  log: Logger,
  onUnauthorized: (context: RequestContext) => void,
): (context: RequestContext, errors: readonly Error[]) => void {
  return (context, errors) => {
    onUnauthorized(context);
    if (errors.length === 0) return;
    log.info(
      { path: context.url.split('?', 1)[0], errors: errors.map((e) => e.message) },
      'authentication refused',
    );
  };
}

function tokenAuthenticators(
  config: ServerConfig,
  credentials: Credentials,
  listers: Listers,
  outside: ConfiguredAuthenticators,
  uses: Pick<ServiceAccountOptions, 'observe' | 'onSecretUse'>,
): TokenAuthenticator[] {
  const { apiAudiences, serviceAccount } = config.authn;
  const list: TokenAuthenticator[] = [];
  if (config.authn.tokenFile !== '') {
    list.push(forApiAudiences(makeStaticToken({ users: credentials.tokens }), apiAudiences));
  }
  list.push(
    makeServiceAccount({
      keys: credentials.verificationKeys,
      issuers: serviceAccount.issuers,
      apiAudiences,
      ...uses,
      ...(serviceAccount.lookup
        ? {
            listers: {
              serviceAccounts: listers.lister('', 'serviceaccounts'),
              pods: listers.lister('', 'pods'),
              secrets: listers.lister('', 'secrets'),
              nodes: listers.lister('', 'nodes'),
            },
          }
        : {}),
    }),
  );
  if (config.authn.bootstrapTokens) {
    list.push(
      forApiAudiences(makeBootstrapToken({ secrets: listers.lister('', 'secrets') }), apiAudiences),
    );
  }
  if (outside.jwt !== undefined) list.push(outside.jwt);
  if (outside.webhook !== undefined) list.push(outside.webhook);
  return list;
}

const day = 86_400;

/** Of the certificates that requests come with (authentication/request/x509). */
function certificateLifetimes(registry: Registry): (seconds: number) => void {
  const lifetimes = registry.histogram(
    'apiserver_client_certificate_expiration_seconds',
    '[ALPHA] Distribution of the remaining lifetime on the certificate used to authenticate a request.',
    [],
    [0, 1800, 3600, 7200, 21_600, 43_200, ...[1, 2, 4, 7, 30, 90, 180, 360].map((d) => d * day)],
  );
  return (seconds) => lifetimes.observe([], seconds);
}
