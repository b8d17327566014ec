import { isAbsolute } from 'node:path';
import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../object/field-error.ts';
import { fieldErrorsText, type StatusCause } from '../../object/status-error.ts';
import { checkTolerations } from '../apis/core/scheduling-validation.ts';
import { type EventLimit, eventLimitTypes } from './plugins/event-rate-limit.ts';
import type { LimitedResource } from './quota/limited.ts';
import type { TolerationLists } from './plugins/pod-toleration-restriction.ts';

/** Settings of single plugins, as they stand in the configuration file. Each throws what is wrong. */

/** Of PodNodeSelector, which has no kind. */
export function readNodeSelectors(content: unknown): Record<string, string> {
  const { podNodeSelectorPluginConfig: selectors } = (content ?? {}) as {
    podNodeSelectorPluginConfig?: Record<string, string>;
  };
  return { ...selectors };
}

/** Of PodTolerationRestriction. */
export function readTolerationLists(content: unknown): TolerationLists {
  const config = ofKind<Partial<TolerationLists>>(content, 'podtolerationrestriction');
  const lists = { default: config.default ?? [], whitelist: config.whitelist ?? [] };
  const errors: StatusCause[] = [];
  checkTolerations(errors, lists.default, 'podtolerationrestriction.default');
  checkTolerations(errors, lists.whitelist, 'podtolerationrestriction.whitelist');
  if (errors.length > 0) throw new Error(`invalid config: ${fieldErrorsText(errors)}`);
  return lists;
}

/** Of EventRateLimit. */
export function readEventLimits(content: unknown): EventLimit[] {
  const { limits } = ofKind<{ limits?: Partial<EventLimit>[] }>(content, 'eventratelimit');
  const all = (limits ?? []).map(({ type = '', qps = 0, burst = 0, cacheSize = 0 }) => ({
    type,
    qps,
    burst,
    cacheSize,
  }));
  const errors = all.flatMap((limit, i) => limitErrors(limit, `limits[${i}]`));
  if (all.length === 0) errors.push(fieldInvalid('limits', null, 'must not be empty'));
  if (errors.length > 0) throw new Error(fieldErrorsText(errors));
  return all;
}

function limitErrors({ type, qps, burst, cacheSize }: EventLimit, path: string): StatusCause[] {
  const errors: StatusCause[] = [];
  if (!eventLimitTypes.includes(type)) {
    errors.push(fieldNotSupported(`${path}.type`, type, eventLimitTypes));
  }
  if (burst <= 0) errors.push(fieldInvalid(`${path}.burst`, burst, 'must be positive'));
  if (qps <= 0) errors.push(fieldInvalid(`${path}.qps`, qps, 'must be positive'));
  if (type !== 'Server' && cacheSize < 0) {
    errors.push(fieldInvalid(`${path}.cacheSize`, cacheSize, 'must not be negative'));
  }
  return errors;
}

/** Of the webhooks' plugins: the kubeconfig to call them by, '' for none. */
export function readWebhookKubeconfig(content: unknown): string {
  const config = ofKinds<{ kubeConfigFile?: string; staticManifestsDir?: string }>(content, [
    'apiserver.config.k8s.io/v1 WebhookAdmissionConfiguration',
  ]);
  const { kubeConfigFile = '', staticManifestsDir } = config;
  if (staticManifestsDir) throw new Error('staticManifestsDir is not supported by this server');
  if (kubeConfigFile !== '' && !isAbsolute(kubeConfigFile)) {
    const cause = fieldInvalid('kubeConfigFile', kubeConfigFile, 'must be an absolute file path');
    throw new Error(fieldErrorsText([cause]));
  }
  return kubeConfigFile;
}

export interface ImagePolicySettings {
  kubeConfigFile: string;
  allowTtlMs: number;
  denyTtlMs: number;
  firstWaitMs: number;
  defaultAllow: boolean;
}

interface GivenImagePolicy {
  kubeConfigFile?: string;
  /** In seconds, as `denyTTL`. */
  allowTTL?: number;
  denyTTL?: number;
  /** In milliseconds. */
  retryBackoff?: number;
  defaultAllow?: boolean;
}

/** Of ImagePolicyWebhook, which has no kind: 0 is as usual, -1 is none. */
export function readImagePolicy(content: unknown): ImagePolicySettings {
  const { imagePolicy = {} } = (content ?? {}) as { imagePolicy?: GivenImagePolicy };
  const read = (
    field: 'allowTTL' | 'denyTTL' | 'retryBackoff',
    scale: number,
    { least, most, usual }: Record<'least' | 'most' | 'usual', number>,
  ): number => {
    const given = imagePolicy[field] ?? 0;
    if (given === -1) return 0;
    if (given === 0) return usual;
    const ms = given * scale;
    if (ms >= least && ms <= most) return ms;
    const bounds = `${shownMs(least)} and ${shownMs(most)}`;
    throw new Error(`valid value is between ${bounds}, got ${shownMs(ms)}`);
  };
  const ttl = { least: 1000, most: 30 * minuteMs };
  return {
    kubeConfigFile: imagePolicy.kubeConfigFile ?? '',
    firstWaitMs: read('retryBackoff', 1, { least: 1e-6, most: 5 * minuteMs, usual: 500 }),
    allowTtlMs: read('allowTTL', 1000, { ...ttl, usual: 5 * minuteMs }),
    denyTtlMs: read('denyTTL', 1000, { ...ttl, usual: 30_000 }),
    defaultAllow: imagePolicy.defaultAllow === true,
  };
}

const minuteMs = 60_000;

/** As Go shows a duration. */
function shownMs(ms: number): string {
  if (ms < 0) return `-${shownMs(-ms)}`;
  if (ms < 1) return `${ms * 1e6}ns`;
  if (ms < 1000) return `${ms}ms`;
  const [hours, minutes] = [Math.floor(ms / (60 * minuteMs)), Math.floor(ms / minuteMs)];
  const seconds = `${(ms % minuteMs) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** Of ResourceQuota. */
export function readLimitedResources(content: unknown): LimitedResource[] {
  const { limitedResources } = ofKinds<{ limitedResources?: Partial<LimitedResource>[] }>(content, [
    'apiserver.config.k8s.io/v1 ResourceQuotaConfiguration',
    'resourcequota.admission.k8s.io/v1beta1 Configuration',
    'resourcequota.admission.k8s.io/v1alpha1 Configuration',
  ]);
  const all = (limitedResources ?? []).map((given) => ({
    apiGroup: given.apiGroup ?? '',
    resource: given.resource ?? '',
    matchContains: given.matchContains ?? [],
    matchScopes: given.matchScopes ?? [],
  }));
  const errors = all.flatMap(({ resource }, i) =>
    resource === '' ? [fieldRequired(`limitedResources[${i}].resource`)] : [],
  );
  if (errors.length > 0) throw new Error(fieldErrorsText(errors));
  return all;
}

function ofKind<T>(content: unknown, plugin: string): T {
  return ofKinds(content, [`${plugin}.admission.k8s.io/v1alpha1 Configuration`]);
}

function ofKinds<T>(content: unknown, known: readonly string[]): T {
  const { apiVersion = '', kind = '' } = (content ?? {}) as { apiVersion?: string; kind?: string };
  if (!known.includes(`${apiVersion} ${kind}`)) {
    throw new Error(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}: expected ${known[0]}`,
    );
  }
  return content as T;
}
