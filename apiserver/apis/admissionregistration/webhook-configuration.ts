import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1035LabelErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, integerColumn, nameColumn } from '../column.ts';
import { checkDomainName } from '../domain-name.ts';
import { checkFormat, checkOptionalOneOf, type Errors } from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import { checkLabelSelector, selectorIsWrong } from '../selector-validation.ts';
import { checkMatchConditions } from './match-conditions.ts';
import { checkRule } from './rule-validation.ts';
import { staticNameWarnings } from './static-name.ts';
import { checkWebhookClient } from './webhook-client.ts';

/** What mutating and validating webhook configurations have in common. */
export const webhookConfiguration = {
  // There is no spec: the webhooks are what is desired.
  generation: true,
  columns: [
    nameColumn,
    integerColumn('Webhooks', ({ webhooks }: KubeObject) => (webhooks ?? []).length),
    ageColumn,
  ],
  default: defaultWebhooks,
  prepareForUpdate(next: KubeObject, old: KubeObject): void {
    if (semanticEqual(next.webhooks, old.webhooks)) return;
    next.metadata.generation = Number(old.metadata.generation ?? 0) + 1;
  },
  updateChecks: ['new metadata', 'rules'] as const,
  validate,
  warnings: staticNameWarnings,
};

function defaultWebhooks({ webhooks }: KubeObject): void {
  for (const webhook of (webhooks ?? []) as Plain[]) {
    setDefaults(webhook, {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
    });
    for (const rule of webhook.rules ?? []) setDefaults(rule, { scope: '*' });
    const service = webhook.clientConfig?.service;
    if (service) setDefaults(service, { port: 443 });
  }
}

/** Which rules that came late are held to; what breaks one already is not held to it. */
interface Rules {
  conditions: boolean;
  anyLabelValue: boolean;
  sideEffects: readonly string[];
  knownVersion: boolean;
  uniqueNames: boolean;
}

const noEffects = ['None', 'NoneOnDryRun'];
const anyEffects = [...noEffects, 'Some', 'Unknown'];

function rulesOf(webhooks: Plain[], old: Plain[] | undefined): Rules {
  if (old === undefined) {
    return {
      conditions: true,
      anyLabelValue: false,
      sideEffects: noEffects,
      knownVersion: true,
      uniqueNames: true,
    };
  }
  const conditions = (list: Plain[]) => list.map((webhook) => webhook.matchConditions ?? []);
  const pure = old.every(({ sideEffects }) => noEffects.includes(sideEffects));
  return {
    conditions: !semanticEqual(conditions(webhooks), conditions(old)),
    anyLabelValue: old.some(
      (webhook) =>
        selectorIsWrong(webhook.namespaceSelector) || selectorIsWrong(webhook.objectSelector),
    ),
    sideEffects: pure ? noEffects : anyEffects,
    knownVersion: old.every(
      ({ admissionReviewVersions: versions = [] }) =>
        versions.length === 0 || versions.some(isKnownVersion),
    ),
    uniqueNames: new Set(old.map(({ name }) => name)).size === old.length,
  };
}

function isKnownVersion(version: string): boolean {
  return version === 'v1' || version === 'v1beta1';
}

function validate({ webhooks }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const rules = rulesOf(webhooks ?? [], old === undefined ? undefined : (old.webhooks ?? []));
  const names = new Set<string>();
  for (const [i, webhook] of ((webhooks ?? []) as Plain[]).entries()) {
    const path = `webhooks[${i}]`;
    checkWebhook(errors, webhook, path, rules);
    if (rules.uniqueNames && webhook.name && names.has(webhook.name))
      errors.push(fieldDuplicate(`${path}.name`, webhook.name));
    names.add(webhook.name);
  }
  return errors;
}

function checkWebhook(errors: Errors, webhook: Plain, path: string, rules: Rules): void {
  checkDomainName(errors, webhook.name ?? '', `${path}.name`, 3);
  for (const [i, rule] of (webhook.rules ?? []).entries()) {
    checkRule(errors, rule, `${path}.rules[${i}]`);
  }
  checkOptionalOneOf(errors, webhook.failurePolicy, `${path}.failurePolicy`, ['Fail', 'Ignore']);
  checkOptionalOneOf(errors, webhook.matchPolicy, `${path}.matchPolicy`, ['Equivalent', 'Exact']);
  const effects = rules.sideEffects;
  if (webhook.sideEffects === undefined) {
    errors.push(fieldRequired(`${path}.sideEffects`, `must specify one of ${effects.join(', ')}`));
  } else if (!effects.includes(webhook.sideEffects)) {
    errors.push(fieldNotSupported(`${path}.sideEffects`, webhook.sideEffects, effects));
  }
  const seconds = webhook.timeoutSeconds;
  if (seconds !== undefined && (seconds < 1 || seconds > 30)) {
    const text = 'the timeout value must be between 1 and 30 seconds';
    errors.push(fieldInvalid(`${path}.timeoutSeconds`, seconds, text));
  }
  for (const field of ['namespaceSelector', 'objectSelector']) {
    const options = { anyValue: rules.anyLabelValue };
    checkLabelSelector(errors, webhook[field], `${path}.${field}`, options);
  }
  if (webhook.reinvocationPolicy !== undefined) {
    const policies = ['IfNeeded', 'Never'];
    const at = `${path}.reinvocationPolicy`;
    checkOptionalOneOf(errors, webhook.reinvocationPolicy, at, policies);
  }
  checkWebhookClient(errors, webhook.clientConfig ?? {}, `${path}.clientConfig`);
  if (rules.conditions) {
    checkMatchConditions(errors, webhook.matchConditions ?? [], `${path}.matchConditions`);
  }
  const versions = webhook.admissionReviewVersions ?? [];
  checkReviewVersions(errors, versions, `${path}.admissionReviewVersions`, rules.knownVersion);
}

function checkReviewVersions(
  errors: Errors,
  versions: string[],
  path: string,
  known: boolean,
): void {
  if (versions.length === 0) {
    errors.push(fieldRequired(path, 'must specify one of v1, v1beta1'));
    return;
  }
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) {
      errors.push(fieldInvalid(`${path}[${i}]`, version, 'duplicate version'));
    } else checkFormat(errors, version, `${path}[${i}]`, dns1035LabelErrors);
  }
  if (!known || versions.some(isKnownVersion)) return;
  errors.push(fieldInvalid(path, versions, 'must include at least one of v1, v1beta1'));
}
