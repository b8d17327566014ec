import type { ClaimMappings, ClaimRule, Mapping } from './claims.ts';

/**
 * AuthenticationConfiguration (`--authentication-config`, apiserver.config.k8s.io/v1): issuers of
 * tokens, and which requests may be anonymous. Source: k8s.io/apiserver apis/apiserver/validation.
 */
export interface AuthenticationConfiguration {
  jwt: JwtIssuer[];
  /** Undefined: `--anonymous-auth` decides. `paths` undefined is every path. */
  anonymous: { enabled: boolean; paths: readonly string[] | undefined } | undefined;
}

export interface JwtIssuer {
  url: string;
  discoveryUrl: string | undefined;
  /** PEM; undefined is the system's. */
  certificateAuthority: string | undefined;
  audiences: readonly string[];
  mappings: ClaimMappings;
  claimRules: readonly ClaimRule[];
  userRules: readonly { expression: string; message?: string }[];
}

type Plain = Record<string, unknown>;

const versions = ['v1', 'v1beta1'].map((version) => `apiserver.config.k8s.io/${version}`);
const jwtMax = 64;

/** Throws with the field and why. */
export function readAuthenticationConfiguration(content: unknown): AuthenticationConfiguration {
  const config = content as Plain | null;
  if (
    !versions.includes(String(config?.['apiVersion'])) ||
    config?.['kind'] !== 'AuthenticationConfiguration'
  ) {
    throw new Error(
      `no kind ${JSON.stringify(config?.['kind'] ?? '')} is registered for version ${JSON.stringify(config?.['apiVersion'] ?? '')}: expected apiserver.config.k8s.io/v1 AuthenticationConfiguration`,
    );
  }
  const list = (config['jwt'] ?? []) as Plain[];
  if (list.length > jwtMax)
    throw new Error(`jwt: Too many: ${list.length}: must have at most ${jwtMax} items`);
  const jwt = list.map((given, index) => issuerOf(given, `jwt[${index}]`));
  const urls = jwt.map(({ url }) => url);
  const twice = urls.findIndex((url, index) => urls.indexOf(url) !== index);
  if (twice >= 0) {
    throw new Error(`jwt[${twice}].issuer.url: Duplicate value: ${JSON.stringify(urls[twice])}`);
  }
  return { jwt, anonymous: anonymousOf(config['anonymous'] as Plain | undefined) };
}

function anonymousOf(given: Plain | undefined): AuthenticationConfiguration['anonymous'] {
  if (given === undefined) return undefined;
  const enabled = given['enabled'] === true;
  const conditions = (given['conditions'] ?? []) as { path?: string }[];
  if (!enabled && conditions.length > 0) {
    throw new Error(
      'anonymous.conditions: Invalid value: enabled should be set to true when conditions are defined',
    );
  }
  const paths = conditions.map(({ path = '' }) => path);
  return { enabled, paths: paths.length === 0 ? undefined : paths };
}

function issuerOf(given: Plain, path: string): JwtIssuer {
  const issuer = (given['issuer'] ?? {}) as Plain;
  const url = httpsUrl(issuer['url'], `${path}.issuer.url`);
  const discovery = issuer['discoveryURL'];
  const audiences = (issuer['audiences'] ?? []) as string[];
  if (audiences.length === 0) {
    throw new Error(
      `${path}.issuer.audiences: Required value: at least one jwt[*].issuer.audiences is required`,
    );
  }
  const policy = issuer['audienceMatchPolicy'] ?? '';
  if (policy !== '' && policy !== 'MatchAny') {
    throw new Error(
      `${path}.issuer.audienceMatchPolicy: Invalid value: ${JSON.stringify(policy)}: audienceMatchPolicy must be MatchAny`,
    );
  }
  if (audiences.length > 1 && policy !== 'MatchAny') {
    throw new Error(
      `${path}.issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences`,
    );
  }
  if (issuer['egressSelectorType'] !== undefined) {
    throw new Error(`${path}.issuer.egressSelectorType: not supported by this server`);
  }
  const ca = issuer['certificateAuthority'];
  return {
    url,
    discoveryUrl:
      discovery === undefined ? undefined : httpsUrl(discovery, `${path}.issuer.discoveryURL`),
    certificateAuthority: typeof ca === 'string' && ca !== '' ? ca : undefined,
    audiences,
    mappings: mappingsOf((given['claimMappings'] ?? {}) as Plain, `${path}.claimMappings`),
    claimRules: (given['claimValidationRules'] ?? []) as ClaimRule[],
    userRules: (given['userValidationRules'] ?? []) as JwtIssuer['userRules'],
  };
}

function httpsUrl(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '')
    throw new Error(`${path}: Required value: URL is required`);
  if (!URL.canParse(value) || new URL(value).protocol !== 'https:') {
    throw new Error(`${path}: Invalid value: ${JSON.stringify(value)}: URL scheme must be https`);
  }
  return value;
}

function mappingsOf(given: Plain, path: string): ClaimMappings {
  const username = given['username'] as Mapping | undefined;
  if (username === undefined || (!username.claim && !username.expression)) {
    throw new Error(`${path}.username: Required value: claim or expression is required`);
  }
  for (const field of ['username', 'groups'] as const) {
    const mapping = given[field] as Mapping | undefined;
    if (mapping?.claim && mapping.expression) {
      throw new Error(
        `${path}.${field}: Invalid value: "": claim and expression can't both be set`,
      );
    }
    if (mapping?.claim && mapping.prefix === undefined) {
      throw new Error(
        `${path}.${field}.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing`,
      );
    }
  }
  return given as unknown as ClaimMappings;
}
