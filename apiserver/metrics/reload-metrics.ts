import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Registry } from '../../metrics/registry.ts';

/**
 * What became of a configuration file that is followed (k8s.io/apiserver server/options/*config/metrics):
 * whether its changes were taken, and the hash of what is in force.
 */
export interface ReloadMetrics {
  /** What is in force from now on, after a start. */
  applied(content: Buffer): void;
  reloaded(content: Buffer): void;
  refused(): void;
}

const helpTexts = {
  authentication: [
    '[BETA] Total number of automatic reloads of authentication configuration split by status and apiserver identity.',
    '[BETA] Timestamp of the last automatic reload of authentication configuration split by status and apiserver identity.',
    '[ALPHA] Information about the last applied authentication configuration with hash as label, split by apiserver identity.',
  ],
  authorization: [
    '[BETA] Total number of automatic reloads of authorization configuration split by status and apiserver identity.',
    '[BETA] Timestamp of the last automatic reload of authorization configuration split by status and apiserver identity.',
    '[ALPHA] Information about the last applied authorization configuration with hash as label, split by apiserver identity.',
  ],
  encryption: [
    '[ALPHA] Total number of reload successes and failures of encryption configuration split by apiserver identity.',
    '[ALPHA] Timestamp of the last successful or failed automatic reload of encryption configuration split by apiserver identity.',
    '[ALPHA] Information about the last applied encryption configuration with hash as label, split by apiserver identity.',
  ],
} as const;

export function makeReloadMetrics(registry: Registry, what: keyof typeof helpTexts): ReloadMetrics {
  const name = `apiserver_${what}_config_controller`;
  const [total, time, info] = helpTexts[what];
  const id = metricHash(serverIdentity());
  const labels = ['status', 'apiserver_id_hash'];
  const reloads = registry.counter(`${name}_automatic_reloads_total`, total, labels);
  const times = registry.gauge(`${name}_automatic_reload_last_timestamp_seconds`, time, labels);
  let inForce: string | undefined;
  registry.collected(
    `${name}_last_config_info`,
    info,
    'gauge',
    ['apiserver_id_hash', 'hash'],
    () => (inForce === undefined ? [] : [{ labels: [id, inForce], value: 1 }]),
  );
  const count = (status: string) => {
    reloads.inc([status, id]);
    times.set([status, id], Date.now() / 1000);
  };
  return {
    applied(content) {
      inForce = metricHash(content);
    },
    reloaded(content) {
      count('success');
      inForce = metricHash(content);
    },
    refused: () => count('failure'),
  };
}

/** Names and contents are shown by their hash alone. */
export function metricHash(text: string | Buffer): string {
  return text.length === 0 ? '' : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** What upstream calls a server by: the first half of its host name's hash, in base32. */
export function serverIdentity(): string {
  const half = createHash('sha256').update(hostname()).digest().subarray(0, 16);
  const bits = [...half].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = bits.match(/.{1,5}/g) ?? [];
  const text = digits.map((digit) => base32[Number.parseInt(digit.padEnd(5, '0'), 2)]).join('');
  return `apiserver-${text}`;
}
