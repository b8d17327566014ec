import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readAuthorizationConfiguration } from './configuration.ts';
import { compileCondition, conditionsHold } from './match-conditions.ts';
import { makeAuthorizationWebhook } from './webhook.ts';

const folder = mkdtempSync(join(tmpdir(), 'authorization-'));
after(() => rmSync(folder, { recursive: true }));
const kubeConfigFile = join(folder, 'hook.kubeconfig');
writeFileSync(kubeConfigFile, '');

const header = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration' };
const webhook = {
  timeout: '3s',
  subjectAccessReviewVersion: 'v1',
  failurePolicy: 'Deny',
  connectionInfo: { type: 'KubeConfigFile', kubeConfigFile },
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
    configFile: kubeConfigFile,
    version: 'v1',
    authorizedTtlMs: 60_000,
    unauthorizedTtlMs: 0,
    timeoutMs: 3_000,
    onFailure: 'Deny',
    conditionsHold: undefined,
  });
  assert.deepEqual(second, { type: 'RBAC', name: 'rbac' });
});

const rbac = { type: 'RBAC', name: 'rbac' };
const connection = (more: object) => hook({ connectionInfo: { type: 'KubeConfigFile', ...more } });
const conditions = (...expressions: string[]) =>
  hook({
    matchConditionSubjectAccessReviewVersion: 'v1',
    matchConditions: expressions.map((expression) => ({ expression })),
  });

for (const [title, authorizers, message] of [
  [
    'an unknown field',
    [hook({ retries: 3 })],
    'strict decoding error: unknown field "authorizers[0].webhook.retries"',
  ],
  ['nothing', [], 'authorizers: Required value: at least one authorization mode must be defined'],
  [
    'unknown and double types',
    [{ name: 'a' }, { type: 'Magic', name: 'b' }, rbac, { ...rbac, name: 'c' }],
    '[authorizers[0].type: Required value, authorizers[1].type: Unsupported value: "Magic": supported values: "ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook", authorizers[3].type: Duplicate value: "RBAC"]',
  ],
  [
    'names',
    [{ type: 'RBAC' }, hook(), hook(), { ...hook(), name: 'A' }],
    /^\[authorizers\[0\]\.name: Required value, authorizers\[2\]\.name: Duplicate value: "hook", authorizers\[3\]\.name: Invalid value: "A": authorizer name is invalid: a lowercase RFC 1123 subdomain .*\]$/,
  ],
  [
    'webhooks without settings, and settings without a webhook',
    [
      { type: 'Webhook', name: 'a' },
      { ...rbac, webhook },
    ],
    '[authorizers[0].webhook: Required value: required when type=Webhook, authorizers[1].webhook: Invalid value: "non-null": may only be specified when type=Webhook]',
  ],
  [
    'no settings at all',
    [{ type: 'Webhook', name: 'a', webhook: {} }],
    `[${['timeout', 'subjectAccessReviewVersion', 'failurePolicy', 'connectionInfo.type'].map((field) => `authorizers[0].${field}: Required value`).join(', ')}]`,
  ],
  [
    'times',
    [hook({ timeout: '31s', authorizedTTL: '-1m', unauthorizedTTL: '-1s' })],
    '[authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s, authorizers[0].authorizedTTL: Invalid value: "-1m0s": must be > 0s, authorizers[0].unauthorizedTTL: Invalid value: "-1s": must be > 0s]',
  ],
  [
    'versions and policies',
    [
      hook({
        subjectAccessReviewVersion: 'v2',
        failurePolicy: 'Allow',
        matchConditionSubjectAccessReviewVersion: 'v1beta1',
      }),
    ],
    '[authorizers[0].subjectAccessReviewVersion: Unsupported value: "v2": supported values: "v1", "v1beta1", authorizers[0].matchConditionSubjectAccessReviewVersion: Unsupported value: "v1beta1": supported values: "v1", authorizers[0].failurePolicy: Unsupported value: "Allow": supported values: "NoOpinion", "Deny"]',
  ],
  [
    'a connection of no kind',
    [connection({ type: 'Tube' })],
    'authorizers[0].connectionInfo.type: Unsupported value: {"Type":"Tube","KubeConfigFile":null}: supported values: "InClusterConfig", "KubeConfigFile"',
  ],
  [
    'a file for the connection of a pod',
    [connection({ type: 'InClusterConfig', kubeConfigFile: '/x' })],
    'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "/x": can only be set when type=KubeConfigFile',
  ],
  [
    'the connection of a pod',
    [connection({ type: 'InClusterConfig' })],
    'authorizers[0].connectionInfo.type: Invalid value: "InClusterConfig": not supported by this server: use KubeConfigFile',
  ],
  ['no file', [connection({})], 'authorizers[0].connectionInfo.kubeConfigFile: Required value'],
  [
    'a file that is somewhere',
    [connection({ kubeConfigFile: 'x' })],
    'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "x": must be an absolute path',
  ],
  [
    'a file that is not there',
    [connection({ kubeConfigFile: '/no/file' })],
    'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "/no/file": error loading file: stat /no/file: no such file or directory',
  ],
  [
    'a folder',
    [connection({ kubeConfigFile: folder })],
    `authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "${folder}": must be a regular file`,
  ],
  [
    'conditions of no version',
    [hook({ matchConditions: [{ expression: 'true' }] })],
    'authorizers[0].matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified',
  ],
  [
    'too many conditions',
    [conditions(...Array.from({ length: 65 }, (_, i) => `${i} > 0`))],
    'authorizers[0].matchConditions: Too many: 65: must have at most 64 items',
  ],
  [
    'conditions',
    [conditions(' ', 'true', 'true', "'x'", 'request.usr == ""')],
    /^\[authorizers\[0\]\.matchConditions\[0\]\.expression: Required value, .*\[2\]\.expression: Duplicate value: "true", .*\[3\]\.expression: Invalid value: "'x'": must evaluate to bool but got string, .*\[4\]\.expression: Invalid value: .*: compilation failed: ERROR: <input>:1:8: undefined field 'usr'/s,
  ],
] satisfies [string, object[], string | RegExp][]) {
  test(`what makes no sense is refused with its field: ${title}`, () => {
    assert.throws(() => of(...authorizers), { message });
  });
}

test('another kind of object is refused', () => {
  assert.throws(() => readAuthorizationConfiguration({}), {
    message: /expected apiserver.config.k8s.io\/v1 AuthorizationConfiguration/,
  });
});

test('match conditions decide whether the webhook is asked', async () => {
  let asked = 0;
  const authorizer = makeAuthorizationWebhook({
    version: 'v1',
    authorizedTtlMs: 0,
    unauthorizedTtlMs: 0,
    onFailure: 'Deny',
    conditionsHold: conditionsHold(
      [
        'has(request.resourceAttributes)',
        "request.resourceAttributes.namespace == 'kube-system'",
        "!('system:nodes' in request.groups)",
        "request.uid == '' && request.extra.all(key, request.extra[key][0] != 'x')",
      ].map((expression) => ({ expression, program: compileCondition(expression) })),
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
  // what is not there is empty
  const alone = { ...base, user: { name: 'n', groups: [] } };
  assert.equal((await authorizer.authorize(alone)).verdict, 'allow');
  const cluster = { ...base, namespace: '' };
  assert.equal((await authorizer.authorize(cluster)).verdict, 'no-opinion');
  // the last condition cannot be computed, and that is the failure policy's
  const odd = { ...base, user: { name: 'n', groups: [], extra: { a: [] } } };
  assert.deepEqual(await authorizer.authorize(odd), {
    verdict: 'deny',
    reason: '',
    error:
      "cel evaluation error: expression 'request.uid == '' && request.extra.all(key, request.extra[key][0] != 'x')' resulted in error: index out of bounds: 0",
  });
});

test('selectors are sent and judged as requirements', async () => {
  const sent: unknown[] = [];
  const expression =
    "request.resourceAttributes.fieldSelector.requirements.exists(r, r.key == 'spec.nodeName' && r.operator == 'In' && r.values == ['n1'])";
  const authorizer = makeAuthorizationWebhook({
    version: 'v1',
    authorizedTtlMs: 0,
    unauthorizedTtlMs: 0,
    onFailure: 'NoOpinion',
    conditionsHold: conditionsHold([{ expression, program: compileCondition(expression) }]),
    async post(body) {
      sent.push((body as { spec: unknown }).spec);
      return { status: { allowed: true } };
    },
  });
  await authorizer.authorize({
    user: { name: 'alice', groups: [] },
    verb: 'list',
    resourceRequest: true,
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: '',
    name: '',
    path: '',
    fieldSelector: 'spec.nodeName=n1,status.phase!=Failed',
    labelSelector: 'a in (y,x),!b,c,n>5',
  });
  assert.deepEqual(sent, [
    {
      resourceAttributes: {
        verb: 'list',
        version: 'v1',
        resource: 'pods',
        fieldSelector: {
          requirements: [
            { key: 'spec.nodeName', operator: 'In', values: ['n1'] },
            { key: 'status.phase', operator: 'NotIn', values: ['Failed'] },
          ],
        },
        labelSelector: {
          requirements: [
            { key: 'a', operator: 'In', values: ['x', 'y'] },
            { key: 'b', operator: 'DoesNotExist' },
            { key: 'c', operator: 'Exists' },
          ],
        },
      },
      user: 'alice',
    },
  ]);
});

const failed = (error: string) => ({ verdict: 'no-opinion', reason: '', error });
const registered = 'is registered for version "x/v1" in scheme';

for (const [answer, wanted] of [
  [{ status: { allowed: true, reason: 'r' } }, { verdict: 'allow', reason: 'r' }],
  [null, { verdict: 'no-opinion', reason: '' }],
  [
    {
      kind: 'SubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1beta1',
      status: { allowed: true },
    },
    failed(
      'converting (v1beta1.SubjectAccessReview) to (v1.SubjectAccessReview): unknown conversion',
    ),
  ],
  [
    { kind: 'Odd', apiVersion: 'x/v1', status: { allowed: true } },
    failed(`no kind "Odd" ${registered} "k8s.io/client-go/kubernetes/scheme/register.go:82"`),
  ],
  [
    { status: { allowed: 'yes' } },
    failed(
      'json: cannot unmarshal string into Go struct field SubjectAccessReviewStatus.status.allowed of type bool',
    ),
  ],
  [undefined, failed('0-length response with status code: 200 and content type: application/json')],
  [
    { status: { allowed: true, denied: true } },
    {
      verdict: 'deny',
      reason: '',
      error: 'webhook subject access review returned both allow and deny response',
    },
  ],
] as const) {
  test(`an answer of a webhook: ${JSON.stringify(answer)}`, async () => {
    const authorizer = makeAuthorizationWebhook({
      version: 'v1',
      authorizedTtlMs: 0,
      unauthorizedTtlMs: 0,
      onFailure: 'NoOpinion',
      post: async () => answer,
    });
    const none = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
    const asked = { user: { name: 'a', groups: [] }, verb: 'get', path: '/x', ...none };
    assert.deepEqual(await authorizer.authorize({ ...asked, resourceRequest: false }), wanted);
  });
}

test('types have names of their own, and a changed file has those of the start', () => {
  const read = (types: readonly string[], atStart?: readonly string[], name?: string) =>
    readAuthorizationConfiguration(
      {
        apiVersion: 'apiserver.config.k8s.io/v1',
        kind: 'AuthorizationConfiguration',
        authorizers: types.map((type) => ({ type, name: name ?? type.toLowerCase() })),
      },
      atStart && new Set(atStart),
    );
  assert.throws(() => read(['RBAC'], undefined, 'mine'), {
    message: 'expected name rbac for authorizer RBAC instead of mine',
  });
  assert.throws(() => read(['AlwaysAllow'], ['RBAC', 'Node']), {
    message: 'missing required types: [Node RBAC]',
  });
  assert.throws(() => read(['RBAC'], ['Node'], 'mine'), {
    message:
      '[expected name rbac for authorizer RBAC instead of mine, missing required types: [Node]]',
  });
  assert.throws(() => read(['RBAC', 'Node'], ['RBAC']), {
    message: 'authorizer type Node is not allowed if it was not enabled at initial server startup',
  });
  assert.equal(read(['AlwaysDeny', 'RBAC'], ['RBAC']).length, 2);
});
