import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, integerColumn, nameColumn } from '../column.ts';
import { checkFormat, checkOptionalOneOf, type Errors } from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import { checkLabelSelector } from '../selector-validation.ts';
import { checkRule } from './rule-validation.ts';

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
    next.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate,
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

function validate({ webhooks }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const names = new Set<string>();
  for (const [i, webhook] of ((webhooks ?? []) as Plain[]).entries()) {
    const path = `webhooks[${i}]`;
    checkWebhook(errors, webhook, path);
    if (names.has(webhook.name)) errors.push(fieldDuplicate(`${path}.name`, webhook.name));
    names.add(webhook.name);
  }
  return errors;
}

function checkWebhook(errors: Errors, webhook: Plain, path: string): void {
  checkWebhookName(errors, webhook.name ?? '', `${path}.name`);
  checkReviewVersions(
    errors,
    webhook.admissionReviewVersions ?? [],
    `${path}.admissionReviewVersions`,
  );
  for (const [i, rule] of (webhook.rules ?? []).entries()) {
    checkRule(errors, rule, `${path}.rules[${i}]`);
  }
  checkOptionalOneOf(errors, webhook.failurePolicy, `${path}.failurePolicy`, ['Fail', 'Ignore']);
  checkOptionalOneOf(errors, webhook.matchPolicy, `${path}.matchPolicy`, ['Equivalent', 'Exact']);
  const effects = ['None', 'NoneOnDryRun'];
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
  checkLabelSelector(errors, webhook.namespaceSelector, `${path}.namespaceSelector`);
  checkLabelSelector(errors, webhook.objectSelector, `${path}.objectSelector`);
  checkClient(errors, webhook.clientConfig ?? {}, `${path}.clientConfig`);
}

function checkWebhookName(errors: Errors, name: string, path: string): void {
  if (name === '') {
    errors.push(fieldRequired(path));
    return;
  }
  const before = errors.length;
  checkFormat(errors, name, path, dns1123SubdomainErrors);
  if (errors.length === before && name.split('.').length < 3) {
    const text = 'should be a domain with at least three segments separated by dots';
    errors.push(fieldInvalid(path, name, text));
  }
}

function checkReviewVersions(errors: Errors, versions: string[], path: string): void {
  if (versions.length === 0) {
    errors.push(fieldRequired(path, 'must specify one of v1, v1beta1'));
    return;
  }
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) {
      errors.push(fieldInvalid(`${path}[${i}]`, version, 'duplicate version'));
    }
  }
  if (versions.some((v) => v === 'v1' || v === 'v1beta1')) return;
  errors.push(fieldInvalid(path, versions, 'must include at least one of v1, v1beta1'));
}

/** Shared with conversion webhooks of CustomResourceDefinitions in upstream: url or service. */
function checkClient(errors: Errors, client: Plain, path: string): void {
  if ((client.url === undefined) === (client.service === undefined)) {
    errors.push(fieldRequired(path, 'exactly one of url or service is required'));
    return;
  }
  if (client.url !== undefined) {
    checkUrl(errors, client.url, `${path}.url`);
    return;
  }
  for (const field of ['name', 'namespace']) {
    if (client.service[field]) continue;
    errors.push(fieldRequired(`${path}.service.${field}`, `service ${field} is required`));
  }
  const port = client.service.port ?? 443;
  if (port < 1 || port > 65535) {
    const text = 'port is not valid: must be between 1 and 65535, inclusive';
    errors.push(fieldInvalid(`${path}.service.port`, port, text));
  }
  const urlPath: string | undefined = client.service.path;
  if (urlPath !== undefined && urlPath !== '/' && !urlPath.startsWith('/')) {
    errors.push(fieldInvalid(`${path}.service.path`, urlPath, "must start with a '/'"));
  }
}

function checkUrl(errors: Errors, text: string, path: string): void {
  const form = '; desired format: https://host[/path]';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    errors.push(fieldRequired(path, `url must be a valid URL${form}`));
    return;
  }
  const problems: [boolean, string][] = [
    [url.protocol !== 'https:', `'https' is the only allowed URL scheme${form}`],
    [url.host === '', `host must be specified${form}`],
    [url.username !== '' || url.password !== '', 'user information is not permitted in the URL'],
    [url.hash !== '', 'fragments are not permitted in the URL'],
    [url.search !== '', 'query parameters are not permitted in the URL'],
  ];
  for (const [wrong, why] of problems) if (wrong) errors.push(fieldInvalid(path, text, why));
}
