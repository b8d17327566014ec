import { isDeepStrictEqual } from 'node:util';
import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldTooMany,
} from '../../object/field-error.ts';
import { fieldErrorsText, type StatusCause } from '../../object/status-error.ts';
import { checkFields, type Shape } from '../configuration-shape.ts';
import type { ClaimMappings, ClaimRule } from './claims.ts';
import { type GivenJwt, jwtFaults } from './configuration-validation.ts';

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

interface Given {
  apiVersion?: string;
  kind?: string;
  jwt?: GivenJwt[];
  anonymous?: { enabled?: boolean; conditions?: { path?: string }[] };
}

const versions = ['v1', 'v1beta1'].map((version) => `apiserver.config.k8s.io/${version}`);
const jwtMax = 64;

const prefixed: Shape = { claim: true, prefix: true, expression: true };
const shape: Shape = {
  apiVersion: true,
  kind: true,
  jwt: [
    {
      issuer: {
        url: true,
        discoveryURL: true,
        certificateAuthority: true,
        audiences: true,
        audienceMatchPolicy: true,
        egressSelectorType: true,
      },
      claimMappings: {
        username: prefixed,
        groups: prefixed,
        uid: { claim: true, expression: true },
        extra: [{ key: true, valueExpression: true }],
      },
      claimValidationRules: [{ claim: true, requiredValue: true, expression: true, message: true }],
      userValidationRules: [{ expression: true, message: true }],
    },
  ],
  anonymous: { enabled: true, conditions: [{ path: true }] },
};

/**
 * `disallowedIssuers`: who must not be one, since the tokens are the server's own. Throws with all
 * fields and why. `first`: what was read at the start, whose anonymous requests stay as they are.
 */
export function readAuthenticationConfiguration(
  content: unknown,
  disallowedIssuers: readonly string[] = [],
  first?: unknown,
): AuthenticationConfiguration {
  const config = content as Given | null;
  const { apiVersion = '', kind = '' } = config ?? {};
  if (config === null || !versions.includes(apiVersion) || kind !== 'AuthenticationConfiguration') {
    throw new Error(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}: expected apiserver.config.k8s.io/v1 AuthenticationConfiguration`,
    );
  }
  checkFields(config, shape);
  const { jwt = [], anonymous } = config;
  const faults = [...allJwtFaults(jwt, disallowedIssuers), ...anonymousFaults(anonymous)];
  if (first !== undefined && !isDeepStrictEqual((first as Given).anonymous, anonymous)) {
    faults.push(fieldForbidden('anonymous', 'changed from initial configuration file'));
  }
  if (faults.length > 0) throw new Error(fieldErrorsText(faults));
  for (const [i, { issuer }] of jwt.entries()) {
    if (issuer?.egressSelectorType) {
      throw new Error(`jwt[${i}].issuer.egressSelectorType: not supported by this server`);
    }
  }
  const paths = (anonymous?.conditions ?? []).map(({ path = '' }) => path);
  return {
    jwt: jwt.map(issuerOf),
    anonymous: anonymous && {
      enabled: anonymous.enabled === true,
      paths: paths.length === 0 ? undefined : paths,
    },
  };
}

function allJwtFaults(jwt: readonly GivenJwt[], disallowed: readonly string[]): StatusCause[] {
  if (jwt.length > jwtMax) return [fieldTooMany('jwt', jwt.length, jwtMax)];
  const faults: StatusCause[] = [];
  const urls = new Set<string>();
  const discoveryUrls = new Set<string>();
  for (const [i, given] of jwt.entries()) {
    const at = `jwt[${i}]`;
    const { url = '', discoveryURL = '' } = given.issuer ?? {};
    faults.push(...jwtFaults(given, at, disallowed));
    if (urls.has(url)) faults.push(fieldDuplicate(`${at}.issuer.url`, url));
    urls.add(url);
    if (discoveryURL === '') continue;
    if (discoveryUrls.has(discoveryURL)) {
      faults.push(fieldDuplicate(`${at}.issuer.discoveryURL`, discoveryURL));
    }
    discoveryUrls.add(discoveryURL);
  }
  return faults;
}

function anonymousFaults(given: Given['anonymous']): StatusCause[] {
  const conditions = given?.conditions ?? [];
  if (given?.enabled === true || conditions.length === 0) return [];
  // upstream shows its internal type
  const shown = conditions.map(({ path = '' }) => ({ Path: path }));
  const text = 'enabled should be set to true when conditions are defined';
  return [fieldInvalid('anonymous.conditions', shown, text)];
}

function issuerOf(given: GivenJwt): JwtIssuer {
  const { url = '', discoveryURL, certificateAuthority, audiences = [] } = given.issuer ?? {};
  return {
    url,
    discoveryUrl: discoveryURL || undefined,
    certificateAuthority: certificateAuthority || undefined,
    audiences,
    mappings: given.claimMappings as ClaimMappings,
    claimRules: given.claimValidationRules ?? [],
    userRules: (given.userValidationRules ?? []) as JwtIssuer['userRules'],
  };
}
