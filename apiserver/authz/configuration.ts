import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { durationText, parseDuration } from '../../object/duration.ts';
import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooMany,
} from '../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../object/name.ts';
import { fieldErrorsText, type StatusCause } from '../../object/status-error.ts';
import { checkFields, type Shape } from '../configuration-shape.ts';
import { typeProblems } from './configured-types.ts';
import {
  compileCondition,
  type Condition,
  conditionsHold,
  type ConditionsHold,
} from './match-conditions.ts';

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

interface GivenWebhook {
  timeout?: string;
  authorizedTTL?: string;
  cacheAuthorizedRequests?: boolean;
  unauthorizedTTL?: string;
  cacheUnauthorizedRequests?: boolean;
  subjectAccessReviewVersion?: string;
  matchConditionSubjectAccessReviewVersion?: string;
  failurePolicy?: string;
  connectionInfo?: { type?: string; kubeConfigFile?: string };
  matchConditions?: { expression?: string }[];
}

interface Given {
  type?: string;
  name?: string;
  webhook?: GivenWebhook | null;
}

const shape: Shape = {
  apiVersion: true,
  kind: true,
  authorizers: [
    {
      type: true,
      name: true,
      webhook: {
        timeout: true,
        authorizedTTL: true,
        cacheAuthorizedRequests: true,
        unauthorizedTTL: true,
        cacheUnauthorizedRequests: true,
        subjectAccessReviewVersion: true,
        matchConditionSubjectAccessReviewVersion: true,
        failurePolicy: true,
        connectionInfo: { type: true, kubeConfigFile: true },
        matchConditions: [{ expression: true }],
      },
    },
  ],
};

const versions = ['v1', 'v1beta1'].map((version) => `apiserver.config.k8s.io/${version}`);
const types = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'];

/**
 * Throws with all fields and why. `atStart`: the types that the server has started with, which stay and
 * to which those that keep something in memory cannot be added.
 */
export function readAuthorizationConfiguration(
  content: unknown,
  atStart?: ReadonlySet<string>,
): ConfiguredAuthorizer[] {
  const config = content as { apiVersion?: string; kind?: string; authorizers?: Given[] } | null;
  const { apiVersion = '', kind = '', authorizers = [] } = config ?? {};
  if (!versions.includes(apiVersion) || kind !== 'AuthorizationConfiguration') {
    throw new Error(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}: expected apiserver.config.k8s.io/v1 AuthorizationConfiguration`,
    );
  }
  checkFields(config, shape);
  const faults: StatusCause[] = [];
  if (authorizers.length === 0) {
    faults.push(fieldRequired('authorizers', 'at least one authorization mode must be defined'));
  }
  const webhooks = authorizersChecked(authorizers, faults);
  if (faults.length > 0) throw new Error(fieldErrorsText(faults));
  const problems = typeProblems(authorizers, atStart);
  if (problems.length > 0) {
    throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  }
  return authorizers.map(({ type = '', name = '' }, i) => {
    const webhook = webhooks.get(i);
    return webhook === undefined ? { type, name } : { type: 'Webhook', name, webhook };
  });
}

/** The webhooks by their place, where nothing is wrong with them. */
function authorizersChecked(
  authorizers: readonly Given[],
  faults: StatusCause[],
): Map<number, ConfiguredWebhook> {
  const webhooks = new Map<number, ConfiguredWebhook>();
  const seen = new Set<string>();
  for (const [i, { type = '', name = '', webhook }] of authorizers.entries()) {
    const at = `authorizers[${i}]`;
    if (type === '') faults.push(fieldRequired(`${at}.type`));
    else if (!types.includes(type)) faults.push(fieldNotSupported(`${at}.type`, type, types));
    else if (type !== 'Webhook' && seen.has(type)) faults.push(fieldDuplicate(`${at}.type`, type));
    else {
      faults.push(...nameFaults(name, `${at}.name`, seen));
      seen.add(type).add(`name ${name}`);
      if (type !== 'Webhook') {
        if (!webhook) continue;
        const text = 'may only be specified when type=Webhook';
        faults.push(fieldInvalid(`${at}.webhook`, 'non-null', text));
      } else if (!webhook) {
        faults.push(fieldRequired(`${at}.webhook`, 'required when type=Webhook'));
      } else webhooks.set(i, webhookChecked(webhook, at, faults));
    }
  }
  return webhooks;
}

function nameFaults(name: string, at: string, seen: ReadonlySet<string>): StatusCause[] {
  if (name === '') return [fieldRequired(at)];
  if (seen.has(`name ${name}`)) return [fieldDuplicate(at, name)];
  const problems = dns1123SubdomainErrors(name);
  if (problems.length === 0) return [];
  return [fieldInvalid(at, name, `authorizer name is invalid: ${problems.join(', ')}`)];
}

/** Upstream's paths leave `webhook` out. */
function webhookChecked(given: GivenWebhook, at: string, faults: StatusCause[]): ConfiguredWebhook {
  const timeoutMs = msOf(given.timeout);
  const authorizedMs = msOf(given.authorizedTTL) || 5 * 60_000;
  const unauthorizedMs = msOf(given.unauthorizedTTL) || 30_000;
  if (timeoutMs === 0) faults.push(fieldRequired(`${at}.timeout`));
  else if (!(timeoutMs > 0 && timeoutMs <= 30_000)) {
    const text = 'must be > 0s and <= 30s';
    faults.push(fieldInvalid(`${at}.timeout`, shownDuration(given.timeout, timeoutMs), text));
  }
  for (const [field, ms] of [
    ['authorizedTTL', authorizedMs],
    ['unauthorizedTTL', unauthorizedMs],
  ] as const) {
    if (ms > 0) continue;
    faults.push(fieldInvalid(`${at}.${field}`, shownDuration(given[field], ms), 'must be > 0s'));
  }
  const version = oneOf(given, 'subjectAccessReviewVersion', ['v1', 'v1beta1'] as const);
  faults.push(...version.faults(at), ...conditionVersionFaults(given, at));
  const policy = oneOf(given, 'failurePolicy', ['NoOpinion', 'Deny'] as const);
  faults.push(...policy.faults(at), ...connectionFaults(given.connectionInfo ?? {}, at));
  const programs = conditionsChecked(given.matchConditions ?? [], at, faults);
  return {
    configFile: given.connectionInfo?.kubeConfigFile ?? '',
    version: version.value,
    authorizedTtlMs: given.cacheAuthorizedRequests === false ? 0 : authorizedMs,
    unauthorizedTtlMs: given.cacheUnauthorizedRequests === false ? 0 : unauthorizedMs,
    timeoutMs,
    onFailure: policy.value,
    conditionsHold: programs.length === 0 ? undefined : conditionsHold(programs),
  };
}

/** 0 where nothing is given, NaN for what is no duration. */
function msOf(text: string | undefined): number {
  return text === undefined ? 0 : (parseDuration(text) ?? NaN);
}

function shownDuration(given: string | undefined, ms: number): string {
  return Number.isNaN(ms) ? (given ?? '') : durationText(ms);
}

function oneOf<T extends string>(
  given: GivenWebhook,
  field: keyof GivenWebhook,
  known: readonly T[],
) {
  const value = given[field] ?? '';
  const found = known.find((one) => one === value);
  return {
    value: found ?? (known[0] as T),
    faults(at: string): StatusCause[] {
      if (found !== undefined) return [];
      if (value === '') return [fieldRequired(`${at}.${field}`)];
      return [fieldNotSupported(`${at}.${field}`, value, known)];
    },
  };
}

function conditionVersionFaults(given: GivenWebhook, at: string): StatusCause[] {
  const version = given.matchConditionSubjectAccessReviewVersion ?? '';
  const place = `${at}.matchConditionSubjectAccessReviewVersion`;
  if (version === 'v1') return [];
  if (version !== '') return [fieldNotSupported(place, version, ['v1'])];
  if ((given.matchConditions ?? []).length === 0) return [];
  return [fieldRequired(place, 'required if match conditions are specified')];
}

const connections = ['InClusterConfig', 'KubeConfigFile'];

function connectionFaults(
  { type = '', kubeConfigFile: file }: NonNullable<GivenWebhook['connectionInfo']>,
  at: string,
): StatusCause[] {
  const place = `${at}.connectionInfo.kubeConfigFile`;
  if (type === '') return [fieldRequired(`${at}.connectionInfo.type`)];
  if (type === 'InClusterConfig') {
    if (file !== undefined) {
      return [fieldInvalid(place, file, 'can only be set when type=KubeConfigFile')];
    }
    const text = 'not supported by this server: use KubeConfigFile';
    return [fieldInvalid(`${at}.connectionInfo.type`, type, text)];
  }
  if (type !== 'KubeConfigFile') {
    // upstream shows its internal type
    const shown = { Type: type, KubeConfigFile: file ?? null };
    return [fieldNotSupported(`${at}.connectionInfo.type`, shown, connections)];
  }
  if (!file) return [fieldRequired(place)];
  if (!isAbsolute(file)) return [fieldInvalid(place, file, 'must be an absolute path')];
  try {
    if (statSync(file).isFile()) return [];
    return [fieldInvalid(place, file, 'must be a regular file')];
  } catch {
    const text = `error loading file: stat ${file}: no such file or directory`;
    return [fieldInvalid(place, file, text)];
  }
}

const conditionsMax = 64;

function conditionsChecked(
  conditions: readonly { expression?: string }[],
  at: string,
  faults: StatusCause[],
): Condition[] {
  if (conditions.length > conditionsMax) {
    faults.push(fieldTooMany(`${at}.matchConditions`, conditions.length, conditionsMax));
    return [];
  }
  const seen = new Set<string>();
  return conditions.flatMap(({ expression = '' }, i) => {
    const place = `${at}.matchConditions[${i}].expression`;
    if (expression.trim() === '') faults.push(fieldRequired(place));
    else if (seen.has(expression)) faults.push(fieldDuplicate(place, expression));
    else {
      seen.add(expression);
      try {
        return [{ expression, program: compileCondition(expression) }];
      } catch (error) {
        faults.push(fieldInvalid(place, expression, (error as Error).message));
      }
    }
    return [];
  });
}
