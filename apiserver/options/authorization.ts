import { FlagError, type FlagTable, type FlagValues, refuseAll } from '../../flags/flag-set.ts';
import { isAuthorizationMode } from '../authz/authorize.ts';

/** What they may (kubeapiserver/options/authorization.go). */
export const authorizationFlags = {
  'authorization-mode': {
    kind: 'list',
    help: 'Ordered authorizers: AlwaysAllow (the default), AlwaysDeny, ABAC, Webhook, RBAC, Node.',
  },
  'authorization-config': {
    kind: 'string',
    help: 'AuthorizationConfiguration: the authorizers and their webhooks. Re-read when it changes. Not beside --authorization-mode and --authorization-webhook-*.',
  },
  'authorization-policy-file': {
    kind: 'string',
    help: 'Policies of --authorization-mode=ABAC, one JSON object a line.',
  },
  'authorization-webhook-config-file': {
    kind: 'string',
    help: 'kubeconfig of the service that --authorization-mode=Webhook asks.',
  },
  'authorization-webhook-version': {
    kind: 'string',
    default: 'v1beta1',
    help: 'Version of the SubjectAccessReview that is sent: v1 or v1beta1.',
  },
  'authorization-webhook-cache-authorized-ttl': {
    kind: 'duration',
    default: '5m0s',
    help: 'How long a yes of the webhook is good for.',
  },
  'authorization-webhook-cache-unauthorized-ttl': {
    kind: 'duration',
    default: '30s',
    help: 'How long a no of the webhook is good for.',
  },
} as const satisfies FlagTable;

type Values = FlagValues<typeof authorizationFlags>;

export interface AuthzConfig {
  modes: readonly string[];
  /** AuthorizationConfiguration, in place of modes; '' is none. */
  configFile: string;
  policyFile: string;
  webhook: {
    configFile: string;
    version: 'v1' | 'v1beta1';
    authorizedTtlMs: number;
    unauthorizedTtlMs: number;
  };
}

/** Throws FlagError. */
export function authzConfig(flags: Values, given: ReadonlySet<string>): AuthzConfig {
  const version = flags['authorization-webhook-version'];
  if (version !== 'v1' && version !== 'v1beta1') {
    throw new FlagError(
      `--authorization-webhook-version: unsupported webhook authorizer version ${JSON.stringify(version)}, supported versions are v1 and v1beta1`,
    );
  }
  return {
    modes: flags['authorization-config'] === '' ? modes(flags) : withoutModes(given),
    configFile: flags['authorization-config'],
    policyFile: flags['authorization-policy-file'],
    webhook: {
      configFile: flags['authorization-webhook-config-file'],
      version,
      authorizedTtlMs: flags['authorization-webhook-cache-authorized-ttl'],
      unauthorizedTtlMs: flags['authorization-webhook-cache-unauthorized-ttl'],
    },
  };
}

const replaced = [
  'authorization-mode',
  'authorization-webhook-config-file',
  'authorization-webhook-version',
  'authorization-webhook-cache-authorized-ttl',
  'authorization-webhook-cache-unauthorized-ttl',
];

function withoutModes(given: ReadonlySet<string>): readonly string[] {
  const beside = replaced.find((name) => given.has(name));
  if (beside === undefined) return [];
  throw new FlagError(
    '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
  );
}

/** Upstream's words in upstream's order. */
function modes(flags: Values): readonly string[] {
  const given = flags['authorization-mode'];
  const { 'authorization-policy-file': policy, 'authorization-webhook-config-file': webhook } =
    flags;
  refuseAll([
    ...given.flatMap((mode) => [
      !isAuthorizationMode(mode) &&
        `authorization-mode ${JSON.stringify(mode)} is not a valid mode`,
      mode === 'ABAC' &&
        policy === '' &&
        "authorization-mode ABAC's authorization policy file not passed",
      mode === 'Webhook' &&
        webhook === '' &&
        "authorization-mode Webhook's authorization config file not passed",
    ]),
    policy !== '' &&
      !given.includes('ABAC') &&
      'cannot specify --authorization-policy-file without mode ABAC',
    webhook !== '' &&
      !given.includes('Webhook') &&
      'cannot specify --authorization-webhook-config-file without mode Webhook',
    new Set(given).size !== given.length &&
      `authorization-mode [${given.map((mode) => JSON.stringify(mode)).join(' ')}] has mode specified more than once`,
  ]);
  return given.length === 0 ? ['AlwaysAllow'] : given;
}
