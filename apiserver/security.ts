import type { Logger } from '../log/log.ts';
import { makeAnonymous } from './authn/anonymous.ts';
import { makeAuthenticate } from './authn/authenticate.ts';
import type { Authenticator, TokenAuthenticator } from './authn/authenticator.ts';
import { forApiAudiences, makeBearerToken, tokensInOrder } from './authn/bearer-token.ts';
import { makeBootstrapToken } from './authn/bootstrap-token.ts';
import { makeClientCertificate } from './authn/client-certificate.ts';
import { makeFrontProxy } from './authn/front-proxy.ts';
import { makeServiceAccount } from './authn/service-account.ts';
import { makeStaticToken } from './authn/static-token.ts';
import { alwaysAllow, alwaysDeny, type Authorize, authorizeInOrder } from './authz/authorize.ts';
import type { Authorizer } from './authz/authorizer.ts';
import { makeNodeAuthorizer } from './authz/node.ts';
import { makeRbac, type Rbac } from './authz/rbac.ts';
import type { ServerConfig } from './config.ts';
import type { Stage } from './context.ts';
import type { Credentials } from './credentials.ts';
import type { Listers } from './watch/view.ts';

/** Who asks and what they may: the authenticators and authorizers that the configuration names. */
export interface Security {
  authenticate: Stage;
  tokens: TokenAuthenticator;
  authorize: Authorize;
  rbac: Rbac;
}

export function makeSecurity(
  config: ServerConfig,
  credentials: Credentials,
  listers: Listers,
  log: Logger,
): Security {
  const tokens = tokensInOrder(tokenAuthenticators(config, credentials, listers));
  const authenticators: Authenticator[] = [];
  const { frontProxy } = config.authn;
  if (frontProxy.caFile !== '') {
    authenticators.push(
      makeFrontProxy({
        authorities: credentials.frontProxyAuthorities,
        allowedNames: frontProxy.allowedNames,
        usernameHeaders: frontProxy.usernameHeaders,
        uidHeaders: frontProxy.uidHeaders,
        groupHeaders: frontProxy.groupHeaders,
        extraHeaderPrefixes: frontProxy.extraHeaderPrefixes,
      }),
    );
  }
  if (config.authn.clientCaFile !== '') {
    authenticators.push(makeClientCertificate({ authorities: credentials.clientAuthorities }));
  }
  authenticators.push(makeBearerToken({ tokens, audiences: config.authn.apiAudiences }));
  const rbac = makeRbac({
    clusterRoles: listers.lister('rbac.authorization.k8s.io', 'clusterroles'),
    clusterRoleBindings: listers.lister('rbac.authorization.k8s.io', 'clusterrolebindings'),
    roles: listers.lister('rbac.authorization.k8s.io', 'roles'),
    roleBindings: listers.lister('rbac.authorization.k8s.io', 'rolebindings'),
  });
  return {
    authenticate: makeAuthenticate({
      authenticators,
      ...(config.authn.anonymous ? { anonymous: makeAnonymous() } : {}),
      onRefused: (context, errors) => {
        if (errors.length === 0) return;
        log.info(
          { path: context.url.split('?', 1)[0], errors: errors.map((e) => e.message) },
          'authentication refused',
        );
      },
    }),
    tokens,
    authorize: authorizeInOrder(config.authz.modes.map((mode) => authorizer(mode, rbac, listers))),
    rbac,
  };
}

function tokenAuthenticators(
  config: ServerConfig,
  credentials: Credentials,
  listers: Listers,
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
  return list;
}

function authorizer(mode: string, rbac: Rbac, listers: Listers): Authorizer {
  switch (mode) {
    case 'AlwaysAllow':
      return alwaysAllow;
    case 'AlwaysDeny':
      return alwaysDeny;
    case 'RBAC':
      return rbac;
    case 'Node':
      return makeNodeAuthorizer({ listers });
    default:
      throw new Error(`--authorization-mode=${mode} is not supported by this server yet`);
  }
}
