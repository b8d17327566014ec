import { FlagError, type FlagTable, type FlagValues } from '../../flags/flag-set.ts';

/** How much at once, how long, and what every answer carries (k8s.io/apiserver server_run_options.go). */
export const trafficFlags = {
  'max-requests-inflight': { kind: 'int', default: 400, help: 'Requests that only read, at once.' },
  'max-mutating-requests-inflight': {
    kind: 'int',
    default: 200,
    help: 'Requests that write, at once.',
  },
  'enable-priority-and-fairness': {
    kind: 'bool',
    default: true,
    help: 'Share the two limits above fairly by FlowSchemas and PriorityLevelConfigurations.',
  },
  'request-timeout': {
    kind: 'duration',
    default: '1m0s',
    help: 'Limit of a request that is not long-running.',
  },
  'min-request-timeout': {
    kind: 'int',
    default: 1800,
    help: 'Seconds a watch lives at least; the actual time is spread between this and twice as much.',
  },
  'goaway-chance': {
    kind: 'float',
    default: 0,
    help: 'Chance, up to 0.02, that an HTTP/2 request makes the client open a new connection.',
  },
  'cors-allowed-origins': {
    kind: 'list',
    help: 'Regular expressions of origins whose scripts may read answers; pinned by ^ or // in front and $ or a port behind.',
  },
  'strict-transport-security-directives': {
    kind: 'list',
    help: 'Directives of the Strict-Transport-Security header of every answer: max-age=N, includeSubDomains, preload.',
  },
  'shutdown-delay-duration': {
    kind: 'duration',
    default: '0s',
    help: 'How long requests are still taken after readyz fails on shutdown.',
  },
  'shutdown-send-retry-after': {
    kind: 'bool',
    default: false,
    help: 'Answer 429 with Retry-After to requests that come while the last ones end.',
  },
  'shutdown-watch-termination-grace-period': {
    kind: 'duration',
    default: '0s',
    refused: 'watches end when the last other request has',
    help: 'How long watches may live on during a shutdown.',
  },
  'livez-grace-period': {
    kind: 'duration',
    default: '0s',
    refused: 'livez tells of the start as it is',
    help: 'How long livez passes while the server starts.',
  },
} as const satisfies FlagTable;

type Values = FlagValues<typeof trafficFlags>;

export interface LimitsConfig {
  maxReadsInFlight: number;
  maxWritesInFlight: number;
  fair: boolean;
  requestTimeoutMs: number;
  minRequestTimeoutMs: number;
  shutdownDelayMs: number;
  shutdownRetryAfter: boolean;
}

export interface HttpConfig {
  goawayChance: number;
  corsOrigins: readonly RegExp[];
  /** Value of the header; '' is none. */
  strictTransportSecurity: string;
}

/** Throws FlagError. */
export function limitsConfig(flags: Values): LimitsConfig {
  for (const name of [
    'max-requests-inflight',
    'max-mutating-requests-inflight',
    'request-timeout',
    'min-request-timeout',
    'shutdown-delay-duration',
  ] as const) {
    if (flags[name] < 0) throw new FlagError(`--${name} can not be negative value`);
  }
  return {
    maxReadsInFlight: flags['max-requests-inflight'],
    maxWritesInFlight: flags['max-mutating-requests-inflight'],
    fair: flags['enable-priority-and-fairness'],
    requestTimeoutMs: flags['request-timeout'],
    minRequestTimeoutMs: flags['min-request-timeout'] * 1000,
    shutdownDelayMs: flags['shutdown-delay-duration'],
    shutdownRetryAfter: flags['shutdown-send-retry-after'],
  };
}

/** Throws FlagError. */
export function httpConfig(flags: Values): HttpConfig {
  const chance = flags['goaway-chance'];
  if (chance < 0 || chance > 0.02) {
    throw new FlagError('--goaway-chance can not be less than 0 or greater than 0.02');
  }
  const directives = flags['strict-transport-security-directives'];
  for (const directive of directives) {
    if (!/^(max-age=[0-9]+|includeSubDomains|preload)$/.test(directive.trim())) {
      throw new FlagError(
        `--strict-transport-security-directives invalid, allowed values: max-age=expireTime, includeSubDomains, preload. see https://tools.ietf.org/html/rfc6797#section-6.1 for more information`,
      );
    }
  }
  return {
    goawayChance: chance,
    corsOrigins: flags['cors-allowed-origins'].map(originPattern),
    strictTransportSecurity: directives.map((one) => one.trim()).join('; '),
  };
}

function originPattern(text: string): RegExp {
  const bad = (why: string): FlagError =>
    new FlagError(`--cors-allowed-origins has an invalid regular expression: ${text}: ${why}`);
  if (!text.startsWith('^') && !text.includes('//')) {
    throw bad('does not pin to the start of the host by ^ or //');
  }
  if (!text.endsWith('$') && !/:[^/]*$/.test(text)) {
    throw bad('does not pin to the end of the host by $ or a port');
  }
  try {
    return new RegExp(text);
  } catch (error) {
    throw bad((error as Error).message);
  }
}
