import type { OpenIdDocument } from './routing/paths.ts';
import { externalAddress, type ServerConfig } from './config.ts';
import type { Credentials } from './credentials.ts';
import { jsonWebKeySet, openIdConfiguration } from './authn/service-account-issuer.ts';

/** The discovery documents of the service account issuer, by path. */
export function openIdDocuments(
  config: ServerConfig,
  credentials: Credentials,
): ReadonlyMap<string, OpenIdDocument> {
  const [issuer = ''] = config.authn.serviceAccount.issuers;
  const jwksUri =
    config.authn.serviceAccount.jwksUri || `https://${externalAddress(config)}/openid/v1/jwks`;
  return new Map([
    [
      '/.well-known/openid-configuration',
      {
        type: 'application/json',
        make: async () =>
          openIdConfiguration({ issuer, jwksUri, keys: credentials.verificationKeys() }),
      },
    ],
    [
      '/openid/v1/jwks',
      {
        type: 'application/jwk-set+json',
        make: async () => jsonWebKeySet(credentials.verificationKeys()),
      },
    ],
  ]);
}
