import type { KubeObject } from '../../../object/object.ts';
import { StatusError } from '../../../object/status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';

/**
 * How often events may be written: by all, in a namespace, by a user, about the same.
 * Source: plugin/pkg/admission/eventratelimit.
 */
export interface EventLimit {
  type: string;
  qps: number;
  burst: number;
  /** How many namespaces, users and so on are remembered; 0: as many as usual. */
  cacheSize: number;
}

export const eventLimitTypes = ['Namespace', 'Server', 'SourceAndObject', 'User'];

const cacheSizeUsual = 4096;

export function makeEventRateLimit(
  limits: readonly EventLimit[],
  now: () => number = () => performance.now(),
): AdmissionPlugin {
  const enforcers = limits.map((limit) => ({ limit, buckets: new Map<string, Bucket>() }));

  function isWithin({ limit, buckets }: (typeof enforcers)[number], key: string): boolean {
    const time = now();
    const { tokens, at } = buckets.get(key) ?? { tokens: limit.burst, at: time };
    const filled = Math.min(limit.burst, tokens + ((time - at) * limit.qps) / 1000);
    const within = filled >= 1;
    buckets.delete(key);
    buckets.set(key, { tokens: within ? filled - 1 : filled, at: time });
    const oldest = buckets.keys().next();
    if (buckets.size > (limit.cacheSize || cacheSizeUsual) && oldest.done !== true) {
      buckets.delete(oldest.value);
    }
    return within;
  }

  return {
    name: 'EventRateLimit',
    validate(request) {
      const { resource, operation } = request;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return;
      if (resource.group !== '' || resource.kind !== 'Event') return;
      // each counts, whatever the others say, and the last that is reached is told
      const reached = enforcers
        .map((enforcer) => ({ enforcer, key: keyOf(enforcer.limit.type, request) }))
        .filter(({ enforcer, key }) => !isWithin(enforcer, key))
        .at(-1);
      if (reached === undefined) return;
      const { enforcer, key } = reached;
      const text = `Too many requests: limit reached on type ${enforcer.limit.type} for key ${key}`;
      throw new StatusError(429, 'TooManyRequests', text);
    },
  };
}

interface Bucket {
  tokens: number;
  /** When `tokens` was right, in milliseconds. */
  at: number;
}

function keyOf(type: string, { namespace, user, object }: AdmissionRequest): string {
  switch (type) {
    case 'Namespace':
      return namespace;
    case 'User':
      return user.name;
    case 'SourceAndObject':
      return sourceAndObject(object);
    default:
      return '';
  }
}

function sourceAndObject(event: KubeObject | undefined): string {
  const { component = '', host = '' } = event?.source ?? {};
  const about = event?.involvedObject ?? {};
  const { kind = '', namespace = '', name = '', uid = '', apiVersion = '' } = about;
  return [component, host, kind, namespace, name, uid, apiVersion].join('');
}
