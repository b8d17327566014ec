import { type FlagTable, type FlagValues, refuseAll } from '../../flags/flag-set.ts';

/** One OpenID Connect issuer from the command line (kubeapiserver/options/authentication.go). */
export const oidcFlags = {
  'oidc-issuer-url': { kind: 'string', help: 'URL of the issuer of ID tokens, https only.' },
  'oidc-client-id': { kind: 'string', help: 'Audience that ID tokens must have.' },
  'oidc-ca-file': {
    kind: 'string',
    help: 'CA bundle that the issuer is verified with; default: those of the system.',
  },
  'oidc-username-claim': { kind: 'string', default: 'sub', help: 'Claim that names the user.' },
  'oidc-username-prefix': {
    kind: 'string',
    help: 'Put before user names; - is nothing. Default: the issuer URL and #, unless the claim is email.',
  },
  'oidc-groups-claim': { kind: 'string', help: 'Claim that names the groups.' },
  'oidc-groups-prefix': { kind: 'string', help: 'Put before group names.' },
  'oidc-required-claim': { kind: 'map', help: 'key=value that ID tokens must have; repeatable.' },
  'oidc-signing-algs': {
    kind: 'list',
    default: ['RS256'],
    help: 'Accepted signature algorithms.',
  },
} as const satisfies FlagTable;

export interface OidcConfig {
  issuerUrl: string;
  clientId: string;
  caFile: string;
  usernameClaim: string;
  usernamePrefix: string;
  groupsClaim: string;
  groupsPrefix: string;
  requiredClaims: Readonly<Record<string, string>>;
  signingAlgorithms: readonly string[];
}

const algorithms = [
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

/** Upstream's words; `given` names the flags of the command line. */
export function oidcProblems(
  flags: FlagValues<typeof oidcFlags> & { 'authentication-config': string },
  given: ReadonlySet<string>,
): (string | false)[] {
  const any = [...given].some((name) => name.startsWith('oidc-'));
  if (flags['authentication-config'] !== '') {
    return [any && 'authentication-config file and oidc-* flags are mutually exclusive'];
  }
  const whole = flags['oidc-issuer-url'] !== '' && flags['oidc-client-id'] !== '';
  return [
    any &&
      !whole &&
      'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set',
  ];
}

/** Undefined without an issuer. Throws FlagError. */
export function oidcConfig(flags: FlagValues<typeof oidcFlags>): OidcConfig | undefined {
  const issuerUrl = flags['oidc-issuer-url'];
  const clientId = flags['oidc-client-id'];
  if (issuerUrl === '') return undefined;
  refuseAll([
    (!URL.canParse(issuerUrl) || new URL(issuerUrl).protocol !== 'https:') &&
      `'oidc-issuer-url' (${JSON.stringify(issuerUrl)}) has invalid scheme (${JSON.stringify(schemeOf(issuerUrl))}), require 'https'`,
    ...flags['oidc-signing-algs'].map(
      (algorithm) =>
        !algorithms.includes(algorithm) &&
        `oidc: unsupported signing alg: ${JSON.stringify(algorithm)}`,
    ),
  ]);
  return {
    issuerUrl,
    clientId,
    caFile: flags['oidc-ca-file'],
    usernameClaim: flags['oidc-username-claim'],
    usernamePrefix: flags['oidc-username-prefix'],
    groupsClaim: flags['oidc-groups-claim'],
    groupsPrefix: flags['oidc-groups-prefix'],
    requiredClaims: flags['oidc-required-claim'],
    signingAlgorithms: flags['oidc-signing-algs'],
  };
}

function schemeOf(url: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1] ?? '';
}
