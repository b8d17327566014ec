import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAuthorizationConfiguration } from './configuration.ts';
import { compileConditions } from './match-conditions.ts';
import { makeAuthorizationWebhook } from './webhook.ts';

const header = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration' };
const webhook = {
  timeout: '3s',
  subjectAccessReviewVersion: 'v1',
  failurePolicy: 'Deny',
  connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: '/hook.kubeconfig' },
};
const hook = (more: object = {}) => ({
  type: 'Webhook',
  name: 'hook',
  webhook: { ...webhook, ...more },
});
const of = (...authorizers: object[]) => readAuthorizationConfiguration({ ...header, authorizers });

test('webhooks have settings of their own', () => {
  const [first, second] = of(hook({ authorizedTTL: '1m', cacheUnauthorizedRequests: false }), {
    type: 'RBAC',
    name: 'rbac',
  });
  assert.deepEqual(first?.webhook, {
    configFile: '/hook.kubeconfig',
    version: 'v1',
    authorizedTtlMs: 60_000,
    unauthorizedTtlMs: 0,
    timeoutMs: 3_000,
    onFailure: 'Deny',
    conditionsHold: undefined,
  });
  assert.deepEqual(second, { type: 'RBAC', name: 'rbac' });
});

test('a configuration that makes no sense is refused with its field', () => {
  const refused: [() => unknown, RegExp][] = [
    [() => readAuthorizationConfiguration({}), /expected apiserver.config.k8s.io\/v1 Author/],
    [() => of(), /authorizers: Required value/],
    [() => of({ type: 'Magic', name: 'a' }), /authorizers\[0\].type: Unsupported value: "Magic"/],
    [() => of({ type: 'RBAC' }), /authorizers\[0\].name: Required value/],
    [
      () => of({ type: 'RBAC', name: 'a' }, { type: 'RBAC', name: 'b' }),
      /authorizers\[1\].type: Duplicate value: "RBAC"/,
    ],
    [() => of(hook(), hook()), /authorizers\[1\].name: Duplicate value: "hook"/],
    [() => of({ type: 'Webhook', name: 'a' }), /required when type=Webhook/],
    [() => of({ type: 'RBAC', name: 'a', webhook }), /may only be specified when type=Webhook/],
    [() => of(hook({ timeout: '31s' })), /webhook.timeout: Invalid value: "31s": must be <= 30s/],
    [() => of(hook({ failurePolicy: 'Allow' })), /webhook.failurePolicy: Unsupported value/],
    [
      () => of(hook({ connectionInfo: { type: 'InClusterConfig' } })),
      /InClusterConfig is not supported by this server/,
    ],
    [
      () =>
        of(
          hook({
            matchConditionSubjectAccessReviewVersion: 'v1',
            matchConditions: [{ expression: 'request.' }],
          }),
        ),
      /webhook.matchConditions\[0\].expression: Invalid value/,
    ],
  ];
  for (const [read, words] of refused) assert.throws(read, words);
});

test('match conditions decide whether the webhook is asked', async () => {
  let asked = 0;
  const authorizer = makeAuthorizationWebhook({
    version: 'v1',
    authorizedTtlMs: 0,
    unauthorizedTtlMs: 0,
    onFailure: 'Deny',
    conditionsHold: compileConditions(
      [
        'has(request.resourceAttributes)',
        "request.resourceAttributes.namespace == 'kube-system'",
        "!('system:nodes' in request.groups)",
      ],
      'x',
    ),
    async post() {
      asked += 1;
      return { status: { allowed: true } };
    },
  });
  const base = {
    user: { name: 'alice', groups: ['dev'] },
    verb: 'get',
    resourceRequest: true,
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: 'kube-system',
    name: '',
    path: '',
  };
  assert.equal((await authorizer.authorize(base)).verdict, 'allow');
  assert.equal((await authorizer.authorize({ ...base, namespace: 'x' })).verdict, 'no-opinion');
  const path = { ...base, resourceRequest: false, path: '/healthz' };
  assert.equal((await authorizer.authorize(path)).verdict, 'no-opinion');
  const node = { ...base, user: { name: 'n', groups: ['system:nodes'] } };
  assert.equal((await authorizer.authorize(node)).verdict, 'no-opinion');
  assert.equal(asked, 1);
  // nobody's groups: the last condition cannot be computed, and that is the failure policy's
  const alone = { ...base, user: { name: 'n', groups: [] } };
  assert.equal((await authorizer.authorize(alone)).verdict, 'deny');
});
