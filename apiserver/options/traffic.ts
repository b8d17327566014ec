import { type FlagTable, type FlagValues, refuseAll } from '../../flags/flag-set.ts';

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
    help: 'Time over which watches are ended on shutdown when there are many, 200 a second at least; 0 ends all at once.',
  },
  'livez-grace-period': {
    kind: 'duration',
    default: '0s',
    help: 'How long livez takes the steps of the start for done.',
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
  /** Over which watches end; 0: all at once. */
  watchGraceMs: number;
  livezGraceMs: number;
}

export interface HttpConfig {
  goawayChance: number;
  corsOrigins: readonly RegExp[];
  /** Value of the header; '' is none. */
  strictTransportSecurity: string;
}

/** Throws FlagError, with upstream's words in upstream's order (ServerRunOptions.Validate). */
export function limitsConfig(flags: Values): LimitsConfig {
  const chance = flags['goaway-chance'];
  const negative = (name: keyof Values): string | false =>
    Number(flags[name]) < 0 && `--${name} can not be negative value`;
  refuseAll([
    flags['livez-grace-period'] < 0 && '--livez-grace-period can not be a negative value',
    negative('max-requests-inflight'),
    negative('max-mutating-requests-inflight'),
    negative('request-timeout'),
    (chance < 0 || chance > 0.02) && '--goaway-chance can not be less than 0 or greater than 0.02',
    negative('min-request-timeout'),
    negative('shutdown-delay-duration'),
    flags['shutdown-watch-termination-grace-period'] < 0 &&
      'shutdown-watch-termination-grace-period, if provided, can not be a negative value',
    ...flags['strict-transport-security-directives'].map(directiveProblem),
    ...flags['cors-allowed-origins'].map(originProblem),
  ]);
  return {
    maxReadsInFlight: flags['max-requests-inflight'],
    maxWritesInFlight: flags['max-mutating-requests-inflight'],
    fair: flags['enable-priority-and-fairness'],
    requestTimeoutMs: flags['request-timeout'],
    minRequestTimeoutMs: flags['min-request-timeout'] * 1000,
    shutdownDelayMs: flags['shutdown-delay-duration'],
    shutdownRetryAfter: flags['shutdown-send-retry-after'],
    watchGraceMs: flags['shutdown-watch-termination-grace-period'],
    livezGraceMs: flags['livez-grace-period'],
  };
}

/** Of flags that {@link limitsConfig} has passed. */
export function httpConfig(flags: Values): HttpConfig {
  return {
    goawayChance: flags['goaway-chance'],
    corsOrigins: flags['cors-allowed-origins'].map((origin) => new RegExp(origin)),
    strictTransportSecurity: flags['strict-transport-security-directives'].join('; '),
  };
}

function directiveProblem(directive: string): string | undefined {
  if (directive.trim() === '') return 'empty value in strict-transport-security-directives';
  if (directive === 'includeSubDomains' || directive === 'preload') return undefined;
  const [name, ...values] = directive.split('=');
  if (name === 'max-age' && values.length === 1) return undefined;
  return '--strict-transport-security-directives invalid, allowed values: max-age=expireTime, includeSubDomains, preload. see https://tools.ietf.org/html/rfc6797#section-6.1 for more information';
}

const originsHelp =
  "List of allowed origins for CORS, comma separated. An allowed origin can be a regular expression to support subdomain matching. If this list is empty CORS will not be enabled. Please ensure each expression matches the entire hostname by anchoring to the start with '^' or including the '//' prefix, and by anchoring to the end with '$' or including the ':' port separator suffix. Examples of valid expressions are '//example\\.com(:|$)' and '^https://example\\.com(:|$)'";

function originProblem(text: string): string | undefined {
  const why = patternProblem(text);
  if (why === undefined) return undefined;
  return `--cors-allowed-origins has an invalid regular expression: ${why}, help: ${originsHelp}`;
}

function patternProblem(text: string): string | undefined {
  try {
    new RegExp(text);
  } catch (error) {
    return (error as Error).message;
  }
  if (/\^|\/\//.test(text) && /[$:]/.test(text)) return undefined;
  return 'regular expression does not pin to start/end of host in the origin header';
}
