import { parseDuration } from '../../object/duration.ts';
import { compileConditions, type ConditionsHold } from './match-conditions.ts';

/**
 * AuthorizationConfiguration (`--authorization-config`, apiserver.config.k8s.io/v1): the authorizers
 * in order, webhooks with settings of their own. Source: k8s.io/apiserver apis/apiserver/validation.
 */
export type ConfiguredAuthorizer =
  | { type: Exclude<string, 'Webhook'>; name: string; webhook?: undefined }
  | { type: 'Webhook'; name: string; webhook: ConfiguredWebhook };

export interface ConfiguredWebhook {
  configFile: string;
  version: 'v1' | 'v1beta1';
  authorizedTtlMs: number;
  unauthorizedTtlMs: number;
  timeoutMs: number;
  onFailure: 'NoOpinion' | 'Deny';
  conditionsHold: ConditionsHold | undefined;
}

interface Given {
  type?: string;
  name?: string;
  webhook?: Record<string, unknown>;
}

const versions = ['v1', 'v1beta1'].map((version) => `apiserver.config.k8s.io/${version}`);
const types = ['Webhook', 'Node', 'RBAC', 'ABAC', 'AlwaysAllow', 'AlwaysDeny'];

/** Throws with the field and why. */
export function readAuthorizationConfiguration(content: unknown): ConfiguredAuthorizer[] {
  const config = content as { apiVersion?: string; kind?: string; authorizers?: Given[] } | null;
  if (
    !versions.includes(config?.apiVersion ?? '') ||
    config?.kind !== 'AuthorizationConfiguration'
  ) {
    throw new Error(
      `no kind ${JSON.stringify(config?.kind ?? '')} is registered for version ${JSON.stringify(config?.apiVersion ?? '')}: expected apiserver.config.k8s.io/v1 AuthorizationConfiguration`,
    );
  }
  const list = config.authorizers ?? [];
  if (list.length === 0) {
    throw new Error('authorizers: Required value: at least one authorization mode must be defined');
  }
  const seen = new Set<string>();
  return list.map((given, index) => {
    const path = `authorizers[${index}]`;
    const { type = '', name = '' } = given;
    if (!types.includes(type)) {
      throw new Error(
        `${path}.type: Unsupported value: ${JSON.stringify(type)}: supported values: ${types
          .map((t) => JSON.stringify(t))
          .toSorted()
          .join(', ')}`,
      );
    }
    if (type !== 'Webhook' && seen.has(type)) {
      throw new Error(`${path}.type: Duplicate value: ${JSON.stringify(type)}`);
    }
    if (name === '') throw new Error(`${path}.name: Required value`);
    if (seen.has(`name ${name}`)) {
      throw new Error(`${path}.name: Duplicate value: ${JSON.stringify(name)}`);
    }
    seen.add(type).add(`name ${name}`);
    if (type === 'Webhook')
      return { type, name, webhook: webhookOf(given.webhook, `${path}.webhook`) };
    if (given.webhook !== undefined) {
      throw new Error(
        `${path}.webhook: Invalid value: "non-null": may only be specified when type=Webhook`,
      );
    }
    return { type, name };
  });
}

function webhookOf(given: Record<string, unknown> | undefined, path: string): ConfiguredWebhook {
  if (given === undefined) {
    throw new Error(`${path}: Required value: required when type=Webhook`);
  }
  const connection = (given['connectionInfo'] ?? {}) as Record<string, unknown>;
  const type = connection['type'];
  if (type === 'InClusterConfig') {
    throw new Error(
      `${path}.connectionInfo.type: InClusterConfig is not supported by this server: use KubeConfigFile`,
    );
  }
  const configFile = connection['kubeConfigFile'];
  if (type !== 'KubeConfigFile') {
    throw new Error(
      `${path}.connectionInfo.type: Unsupported value: ${JSON.stringify(type ?? '')}: supported values: "InClusterConfig", "KubeConfigFile"`,
    );
  }
  if (typeof configFile !== 'string' || configFile === '') {
    throw new Error(`${path}.connectionInfo.kubeConfigFile: Required value`);
  }
  return {
    configFile,
    version: oneOf(given, 'subjectAccessReviewVersion', ['v1', 'v1beta1'] as const, path),
    authorizedTtlMs: cachedFor(given, 'Authorized', '5m', path),
    unauthorizedTtlMs: cachedFor(given, 'Unauthorized', '30s', path),
    timeoutMs: timeoutOf(given, path),
    onFailure: oneOf(given, 'failurePolicy', ['NoOpinion', 'Deny'] as const, path),
    conditionsHold: conditionsOf(given, path),
  };
}

function oneOf<T extends string>(
  given: Record<string, unknown>,
  field: string,
  known: readonly T[],
  path: string,
): T {
  const value = given[field];
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  if (value === undefined) throw new Error(`${path}.${field}: Required value`);
  throw new Error(
    `${path}.${field}: Unsupported value: ${JSON.stringify(value)}: supported values: ${known
      .map((one) => JSON.stringify(one))
      .toSorted()
      .join(', ')}`,
  );
}

function durationOf(
  given: Record<string, unknown>,
  field: string,
  path: string,
): number | undefined {
  const value = given[field];
  if (value === undefined) return undefined;
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms === undefined || ms <= 0) {
    throw new Error(
      `${path}.${field}: Invalid value: ${JSON.stringify(value)}: must be greater than zero`,
    );
  }
  return ms;
}

/** `cacheAuthorizedRequests: false` is no memory at all. */
function cachedFor(
  given: Record<string, unknown>,
  which: 'Authorized' | 'Unauthorized',
  otherwise: string,
  path: string,
): number {
  if (given[`cache${which}Requests`] === false) return 0;
  const ttl = durationOf(given, `${which.toLowerCase()}TTL`, path);
  return ttl ?? (parseDuration(otherwise) as number);
}

function timeoutOf(given: Record<string, unknown>, path: string): number {
  const timeoutMs = durationOf(given, 'timeout', path);
  if (timeoutMs === undefined) throw new Error(`${path}.timeout: Required value`);
  if (timeoutMs > 30_000) {
    throw new Error(
      `${path}.timeout: Invalid value: ${JSON.stringify(given['timeout'])}: must be <= 30s`,
    );
  }
  return timeoutMs;
}

function conditionsOf(given: Record<string, unknown>, path: string): ConditionsHold | undefined {
  const conditions = (given['matchConditions'] ?? []) as { expression?: string }[];
  if (conditions.length === 0) return undefined;
  if (given['matchConditionSubjectAccessReviewVersion'] !== 'v1') {
    throw new Error(
      `${path}.matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified`,
    );
  }
  return compileConditions(
    conditions.map(({ expression = '' }) => expression),
    `${path}.matchConditions`,
  );
}
