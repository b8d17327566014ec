import { FlagError, type FlagTable, type FlagValues, refuseAll } from '../../flags/flag-set.ts';
import { oidcConfig, type OidcConfig, oidcFlags, oidcProblems } from './oidc.ts';

/** Who asks (kubeapiserver/options/authentication.go, k8s.io/apiserver RequestHeader). */
export const authenticationFlags = {
  'client-ca-file': {
    kind: 'string',
    help: 'CA bundle that client certificates are verified with. Re-read when it changes.',
  },
  'token-auth-file': {
    kind: 'string',
    help: 'CSV of bearer tokens: token,user,uid,"group1,group2".',
  },
  'anonymous-auth': {
    kind: 'bool',
    default: true,
    help: 'Requests without credentials are system:anonymous.',
  },
  'enable-bootstrap-token-auth': {
    kind: 'bool',
    default: false,
    help: 'Secrets of type bootstrap.kubernetes.io/token in kube-system authenticate.',
  },
  'api-audiences': {
    kind: 'list',
    help: 'Audiences of this API; default: the service account issuer.',
  },
  'authentication-config': {
    kind: 'string',
    help: 'AuthenticationConfiguration: JWT issuers and anonymous requests. Re-read when it changes. Not beside --oidc-*.',
  },
  'authentication-token-webhook-config-file': {
    kind: 'string',
    help: 'kubeconfig of a service that is asked about bearer tokens (TokenReview).',
  },
  'authentication-token-webhook-cache-ttl': {
    kind: 'duration',
    default: '2m0s',
    help: "How long the webhook's answers are good for.",
  },
  'authentication-token-webhook-version': {
    kind: 'string',
    default: 'v1beta1',
    help: 'Version of the TokenReview that is sent: v1 or v1beta1.',
  },
  ...oidcFlags,
  'service-account-issuer': {
    kind: 'repeated',
    help: 'Issuers of service account tokens: the first signs, all are accepted.',
  },
  'service-account-key-file': {
    kind: 'repeated',
    help: 'PEM files of keys that service account tokens are verified with. Re-read when they change.',
  },
  'service-account-signing-key-file': {
    kind: 'string',
    help: 'PEM file of the private key that signs service account tokens. Re-read when it changes.',
  },
  'service-account-signing-endpoint': {
    kind: 'string',
    refused: 'tokens are signed with --service-account-signing-key-file',
    help: 'Socket of an external signer.',
  },
  'service-account-lookup': {
    kind: 'bool',
    default: true,
    help: 'A token is good only while its service account exists.',
  },
  'service-account-max-token-expiration': {
    kind: 'duration',
    default: '0s',
    help: 'Longest life of a token; 0 is no limit.',
  },
  'service-account-extend-token-expiration': {
    kind: 'bool',
    default: true,
    help: 'Tokens of pods live a year and warn after an hour, for clients that do not reload.',
  },
  'service-account-jwks-uri': {
    kind: 'string',
    help: 'URI of the key set in the discovery document.',
  },
  'requestheader-client-ca-file': {
    kind: 'string',
    help: 'CA bundle of front proxies. Re-read when it changes.',
  },
  'requestheader-allowed-names': {
    kind: 'list',
    help: 'Common names of front proxies; empty allows any signed by the CA.',
  },
  'requestheader-username-headers': { kind: 'list', help: 'Headers that carry the user name.' },
  'requestheader-uid-headers': { kind: 'list', help: 'Headers that carry the UID.' },
  'requestheader-group-headers': { kind: 'list', help: 'Headers that carry groups.' },
  'requestheader-extra-headers-prefix': {
    kind: 'list',
    help: 'Prefixes of headers that carry extra information.',
  },
  'proxy-client-cert-file': {
    kind: 'string',
    help: 'Client certificate for aggregated API servers and webhooks.',
  },
  'proxy-client-key-file': { kind: 'string', help: 'Key of --proxy-client-cert-file.' },
} as const satisfies FlagTable;

type Values = FlagValues<typeof authenticationFlags>;

export interface AuthnConfig {
  clientCaFile: string;
  tokenFile: string;
  anonymous: boolean;
  bootstrapTokens: boolean;
  apiAudiences: readonly string[];
  /** AuthenticationConfiguration; '' is none. */
  configFile: string;
  /** Whether `--anonymous-auth` was said: then the file must not speak of it. */
  anonymousGiven: boolean;
  /** From `--oidc-*`. */
  oidc: OidcConfig | undefined;
  tokenWebhook: TokenWebhookConfig | undefined;
  serviceAccount: {
    issuers: readonly string[];
    keyFiles: readonly string[];
    signingKeyFile: string;
    lookup: boolean;
    maxExpirationSeconds: number;
    extendExpiration: boolean;
    jwksUri: string;
  };
  frontProxy: {
    caFile: string;
    allowedNames: readonly string[];
    usernameHeaders: readonly string[];
    uidHeaders: readonly string[];
    groupHeaders: readonly string[];
    extraHeaderPrefixes: readonly string[];
  };
  proxyClient: { certFile: string; keyFile: string };
}

export interface TokenWebhookConfig {
  configFile: string;
  cacheTtlMs: number;
  version: 'v1' | 'v1beta1';
}

/** Throws FlagError. `given` names the flags of the command line. */
export function authnConfig(flags: Values, given: ReadonlySet<string>): AuthnConfig {
  check(flags, given);
  const issuers = flags['service-account-issuer'];
  const audiences = flags['api-audiences'];
  return {
    clientCaFile: flags['client-ca-file'],
    tokenFile: flags['token-auth-file'],
    anonymous: flags['anonymous-auth'],
    bootstrapTokens: flags['enable-bootstrap-token-auth'],
    apiAudiences: audiences.length > 0 ? audiences : issuers,
    configFile: flags['authentication-config'],
    anonymousGiven: given.has('anonymous-auth'),
    oidc: oidcConfig(flags),
    tokenWebhook: tokenWebhook(flags),
    serviceAccount: {
      issuers,
      keyFiles: flags['service-account-key-file'],
      signingKeyFile: flags['service-account-signing-key-file'],
      lookup: flags['service-account-lookup'],
      maxExpirationSeconds: Math.round(flags['service-account-max-token-expiration'] / 1000),
      extendExpiration: flags['service-account-extend-token-expiration'],
      jwksUri: flags['service-account-jwks-uri'],
    },
    frontProxy: {
      caFile: flags['requestheader-client-ca-file'],
      allowedNames: flags['requestheader-allowed-names'],
      usernameHeaders: flags['requestheader-username-headers'],
      uidHeaders: flags['requestheader-uid-headers'],
      groupHeaders: flags['requestheader-group-headers'],
      extraHeaderPrefixes: flags['requestheader-extra-headers-prefix'],
    },
    proxyClient: {
      certFile: flags['proxy-client-cert-file'],
      keyFile: flags['proxy-client-key-file'],
    },
  };
}

function tokenWebhook(flags: Values): TokenWebhookConfig | undefined {
  const version = flags['authentication-token-webhook-version'];
  if (version !== 'v1' && version !== 'v1beta1') {
    throw new FlagError(
      `--authentication-token-webhook-version: unsupported webhook authenticator version ${JSON.stringify(version)}, supported versions are v1 and v1beta1`,
    );
  }
  const configFile = flags['authentication-token-webhook-config-file'];
  const cacheTtlMs = flags['authentication-token-webhook-cache-ttl'];
  return configFile === '' ? undefined : { configFile, cacheTtlMs, version };
}

const hourMs = 3_600_000;

/** Upstream's words in upstream's order. */
function check(flags: Values, given: ReadonlySet<string>): void {
  const issuers = flags['service-account-issuer'];
  const jwks = flags['service-account-jwks-uri'];
  const max = flags['service-account-max-token-expiration'];
  refuseAll([
    max !== 0 &&
      (max < hourMs || max > 2 ** 32 * 1000) &&
      'the service-account-max-token-expiration must be between 1 hour and 2^32 seconds',
    ...oidcProblems(flags, given),
    ...issuers.map((issuer, at) => issuerProblem(issuer, issuers.slice(0, at))),
    issuers.length === 0 && 'service-account-issuer is a required flag',
    jwks !== '' &&
      !URL.canParse(jwks) &&
      `service-account-jwks-uri must be a valid URL: ${JSON.stringify(jwks)}`,
    URL.canParse(jwks) &&
      new URL(jwks).protocol !== 'https:' &&
      `service-account-jwks-uri requires https scheme, parsed as: ${jwks}`,
    ...headerLists.map(
      (name) => flags[name].some((value) => value.trim() === '') && `empty value in "${name}"`,
    ),
    flags['requestheader-uid-headers'].length > 0 &&
      !flags['requestheader-uid-headers'].some((name) => name.toLowerCase() === 'x-remote-uid') &&
      '--requestheader-uid-headers is set without specifying the standard X-Remote-Uid header - API aggregation will not work',
  ]);
}

const headerLists = [
  'requestheader-username-headers',
  'requestheader-group-headers',
  'requestheader-extra-headers-prefix',
  'requestheader-allowed-names',
  'requestheader-uid-headers',
] as const;

function issuerProblem(issuer: string, before: readonly string[]): string | undefined {
  if (issuer.includes(':') && !URL.canParse(issuer)) {
    return `service-account-issuer ${JSON.stringify(issuer)} contained a ':' but was not a valid URL`;
  }
  if (issuer === '') return 'service-account-issuer should not be an empty string';
  if (!before.includes(issuer)) return undefined;
  return `service-account-issuer ${JSON.stringify(issuer)} is already specified`;
}

/** What tokens are signed with and for whom: looked at last of all that concerns requests. Throws FlagError. */
export function checkTokenRequest(flags: Values): void {
  const issuer = flags['service-account-issuer'][0] ?? '';
  const key = flags['service-account-signing-key-file'];
  if (issuer !== '' && key !== '') return;
  const tried = issuer !== '' || key !== '' || flags['api-audiences'].length > 0;
  throw new FlagError(
    tried
      ? '--service-account-signing-key-file, --service-account-issuer, and --api-audiences should be specified together'
      : '--service-account-signing-key-file and --service-account-issuer are required flags',
  );
}
