import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '../../../object/status-error.ts';
import { issueAuthority } from '../../../pki/certificate.ts';
import { MemoryLister } from '../../watch/memory-lister.ts';
import { makeAdmissionChain } from '../chain.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import { readVerdict } from './answer.ts';
import type { WebhookObserver } from './dispatch.ts';
import { matchedVersion, type MatchRule } from './match.ts';
import { makeMutatingWebhooks } from './mutating.ts';
import { registeredWebhooks } from './registration.ts';
import { resolveByClusterIp, resolveByEndpoints } from '../../webhook/resolve.ts';
import { makeValidatingWebhooks } from './validating.ts';
import { at, configuration, patch, pod, rule, webhookServer, world } from './webhook-double.ts';

test('mutating webhooks run in order, see each other, and once more where they want to', async () => {
  const { asked, caller } = await webhookServer({
    '/first': ({ request }) =>
      request.object.metadata.labels?.second
        ? patch([{ op: 'add', path: '/metadata/annotations', value: { seen: 'yes' } }])
        : { allowed: true, warnings: ['mind'], auditAnnotations: { k: 'v' } },
    '/second': () => patch([{ op: 'add', path: '/metadata/labels', value: { second: 'yes' } }]),
  });
  const { configurations, options } = world(caller);
  configurations.put(configuration('b', { name: 'second.x.io', clientConfig: at('/second') }));
  configurations.put(
    configuration('a', {
      name: 'first.x.io',
      clientConfig: at('/first'),
      reinvocationPolicy: 'IfNeeded',
    }),
  );
  const chain = makeAdmissionChain({ plugins: [makeMutatingWebhooks(options)] });
  const request = admissionRequest({ of: 'pods', object: pod() });
  await chain.mutate(request);
  assert.deepEqual(
    asked.map(({ path }) => path),
    ['/first?timeout=10s', '/second?timeout=10s', '/first?timeout=10s'],
  );
  assert.deepEqual(request.object?.metadata.labels, { second: 'yes' });
  assert.deepEqual(request.object?.metadata.annotations, { seen: 'yes' });
  assert.deepEqual(request.warnings, ['mind']);
  const [first, second] = [
    { configuration: 'a', webhook: 'first.x.io' },
    { configuration: 'b', webhook: 'second.x.io' },
  ];
  const patchOf = (webhook: object, path: string, value: object) =>
    JSON.stringify({ ...webhook, patch: [{ op: 'add', path, value }], patchType: 'JSONPatch' });
  const of = (what: string, turn: string) => `${what}.webhook.admission.k8s.io/round_${turn}`;
  assert.deepEqual(request.annotations, {
    'first.x.io/k': 'v',
    [of('mutation', '0_index_0')]: JSON.stringify({ ...first, mutated: false }),
    [of('patch', '0_index_1')]: patchOf(second, '/metadata/labels', { second: 'yes' }),
    [of('mutation', '0_index_1')]: JSON.stringify({ ...second, mutated: true }),
    [of('patch', '1_index_0')]: patchOf(first, '/metadata/annotations', { seen: 'yes' }),
    [of('mutation', '1_index_0')]: JSON.stringify({ ...first, mutated: true }),
  });
  const sent = asked[0]?.review.request ?? {};
  assert.deepEqual(
    [sent.operation, sent.name, sent.namespace, sent.kind, sent.userInfo.username],
    ['CREATE', 'p', 'ns', { group: '', version: 'v1', kind: 'Pod' }, 'alice'],
  );
});

test('what a webhook adds is read as the type, and shown to the next with its defaults', async () => {
  const value = [{ name: 'side', image: 'i', bogus: 1, ports: [{ containerPort: 80 }] }];
  const { asked, caller } = await webhookServer({
    '/first': () => patch([{ op: 'add', path: '/spec/containers', value }]),
    '/second': () => ({ allowed: true }),
  });
  const { configurations, options } = world(caller);
  const hooks = ['first', 'second'].map((n) => ({ name: `${n}.x.io`, clientConfig: at(`/${n}`) }));
  configurations.put(configuration('a', ...hooks));
  await makeMutatingWebhooks(options).mutate?.(admissionRequest({ of: 'pods', object: pod() }));
  const [container] = asked[1]?.review.request['object'].spec.containers ?? [];
  assert.deepEqual([container.bogus, container.ports[0].protocol], [undefined, 'TCP']);
});

test("patches that cannot be read or applied, or may not be sent, are told in upstream's words", async () => {
  const text = (patch: string, patchType?: string) => ({
    allowed: true,
    patch: Buffer.from(patch).toString('base64'),
    ...(patchType === undefined ? {} : { patchType }),
  });
  const answers: Record<string, () => object> = {
    '/untyped': () => text('[]'),
    '/unpatched': () => ({ allowed: true, patchType: 'JSONPatch' }),
    '/other': () => text('[{"op": "test"}]', 'Merge'),
    '/broken': () => text('[', 'JSONPatch'),
    '/misfit': () => patch([{ op: 'remove', path: '/spec/nope' }]),
    '/nothing': () => text('[]', 'JSONPatch'),
    '/mistyped': () => patch([{ op: 'add', path: '/spec/containers', value: 7 }]),
  };
  const { caller } = await webhookServer(answers);
  const outcome = async (path: string, make: typeof makeMutatingWebhooks): Promise<string> => {
    const { configurations, options } = world(caller);
    configurations.put(configuration('a', { name: 'x.io', clientConfig: at(path) }));
    const request = admissionRequest({ of: 'pods', object: pod() });
    const plugin = make(options);
    try {
      await (plugin.mutate ?? plugin.validate)?.(request);
      return 'fine';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const failing = 'Internal error occurred: failed calling webhook "x.io": ';
  const invalid = `${failing}received invalid webhook response: `;
  for (const [path, expected] of Object.entries({
    '/untyped': `${invalid}webhook returned response.patch but not response.patchType`,
    '/unpatched': `${invalid}webhook returned response.patchType but not response.patch`,
    '/other': `${failing}unsupported patch type "Merge"`,
    '/broken': `${failing}received undecodable patch in webhook response: unexpected end of JSON input`,
    '/nothing': 'fine',
    '/misfit': `Internal error occurred: error in remove for path: '/spec/nope': Unable to remove nonexistent key: nope: missing value`,
    '/mistyped':
      'Internal error occurred: json: cannot unmarshal number into Go struct field PodSpec.spec.containers of type []v1.Container',
  })) {
    assert.equal(await outcome(path, makeMutatingWebhooks), expected);
  }
  assert.equal(
    await outcome('/misfit', makeValidatingWebhooks as typeof makeMutatingWebhooks),
    `${invalid}validating webhook may not return response.patch`,
  );
});

test('an answer is held to the version that was asked for', async () => {
  const review = { version: 'v1', uid: 'u', body: {} } as const;
  const yes = { uid: 'u', allowed: true };
  const v1 = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
  const expected =
    'received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ';
  const absent = 'received invalid webhook response: webhook response was absent';
  const call = 'failed to call webhook: ';
  const field = (name: string) => `into Go struct field AdmissionResponse.response.${name} of type`;
  const noObject =
    'couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
  const cases: [answer: unknown, asV1: string, asV1beta1: string][] = [
    [null, absent, absent],
    [{}, absent, absent],
    [[], `${call}${noObject}`, `${call}${noObject}`],
    [{ response: yes }, `${expected}/, Kind=`, ''],
    [{ kind: 'AdmissionReview', response: yes }, `${expected}/, Kind=AdmissionReview`, ''],
    [
      { ...v1, response: yes },
      '',
      `${call}converting (v1.AdmissionReview) to (v1beta1.AdmissionReview): unknown conversion`,
    ],
    [
      { ...v1, apiVersion: 'admission.k8s.io/v1beta1', response: yes },
      `${call}converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion`,
      '',
    ],
    [
      { ...v1, apiVersion: undefined, response: { ...yes, allowed: 'true' } },
      `${call}json: cannot unmarshal string ${field('allowed')} bool`,
      `${call}json: cannot unmarshal string ${field('allowed')} bool`,
    ],
    [
      { ...v1, response: { ...yes, warnings: 'x' } },
      `${call}json: cannot unmarshal string ${field('warnings')} []string`,
      `${call}json: cannot unmarshal string ${field('warnings')} []string`,
    ],
    [
      { response: { ...yes, patch: '!!' } },
      `${call}illegal base64 data at input byte 0`,
      `${call}illegal base64 data at input byte 0`,
    ],
  ];
  const outcome = (answer: unknown, version: 'v1' | 'v1beta1') => {
    try {
      return readVerdict(answer, { ...review, version }, true).allowed ? '' : 'denied';
    } catch (error) {
      return (error as Error).message;
    }
  };
  for (const [answer, asV1, asV1beta1] of cases) {
    assert.equal(outcome(answer, 'v1'), asV1, JSON.stringify(answer));
    assert.equal(outcome(answer, 'v1beta1'), asV1beta1, JSON.stringify(answer));
  }
});

test('a refusal, a failure, and a failure that is ignored', async () => {
  const { caller } = await webhookServer({
    '/no': () => ({
      allowed: false,
      status: { message: 'not on Fridays', code: 403, reason: 'Forbidden' },
    }),
    '/mute': () => ({ allowed: false }),
    '/odd': () => ({ uid: 'other', allowed: true }),
    '/slow': () => undefined,
  });
  const calls: string[] = [];
  const observer: WebhookObserver = {
    called({ type, operation, code, errorType, rejected }) {
      calls.push(`${type} ${operation} ${code} ${errorType} ${rejected}`);
    },
  };
  const judge = async (webhook: object, more: Partial<AdmissionRequest> = {}) => {
    const { configurations, options } = world(caller);
    configurations.put(configuration('a', { name: 'x.io', ...webhook }));
    const { resource: _resource, ...given } = more;
    const request = admissionRequest({ of: 'pods', object: pod(), ...given });
    await makeValidatingWebhooks({ ...options, observer }).validate?.(request);
    return request.annotations;
  };
  const fails = (
    webhook: object,
    code: number,
    pattern: RegExp,
    more: Partial<AdmissionRequest> = {},
  ) =>
    assert.rejects(judge(webhook, more), (error: unknown) => {
      assert.ok(error instanceof StatusError);
      assert.equal(error.code, code);
      assert.match(error.message, pattern);
      return true;
    });
  await fails(
    { clientConfig: at('/no') },
    403,
    /^admission webhook "x.io" denied the request: not on Fridays$/,
  );
  await fails({ clientConfig: at('/mute') }, 400, /denied the request without explanation$/);
  await fails(
    { clientConfig: at('/odd') },
    500,
    /failed calling webhook "x.io": received invalid webhook response: expected response.uid=/,
  );
  assert.deepEqual(await judge({ clientConfig: at('/odd'), failurePolicy: 'Ignore' }), {
    'failed-open.validating.webhook.admission.k8s.io/round_0_index_0': 'x.io',
  });
  await fails(
    { clientConfig: at('/slow'), timeoutSeconds: 1 },
    500,
    /failed calling webhook "x.io": failed to call webhook: Post "https:\/\/hook.infra.svc:443\/slow\?timeout=1s": context deadline exceeded/,
  );
  const soon = Date.now() + 300;
  await fails({ clientConfig: at('/slow') }, 500, /slow\?timeout=1s": context deadline exceeded/, {
    expiresAt: soon,
  });
  await fails({ clientConfig: at('/slow'), failurePolicy: 'Ignore' }, 504, /^Timeout: /, {
    expiresAt: soon,
  });
  assert.deepEqual(calls, [
    'validating CREATE 403 no_error true',
    'validating CREATE 400 no_error true',
    'validating CREATE 503 calling_webhook_error true',
    'validating CREATE 503 calling_webhook_error false',
    'validating CREATE 503 calling_webhook_error true',
    'validating CREATE 503 calling_webhook_error true',
    'validating CREATE 503 calling_webhook_error false',
  ]);
  await fails(
    {
      clientConfig: {
        ...at('/no'),
        caBundle: Buffer.from(
          (await issueAuthority({ commonName: 'other', durationMs: 1000 })).certificatePem,
        ).toString('base64'),
      },
    },
    500,
    /failed to call webhook/,
  );
});

test('matchConditions decide whether a webhook is asked, before any is', async () => {
  const { asked, caller } = await webhookServer({ '/no': () => ({ allowed: false }) });
  const judge = (expressions: string[], more: object = {}) => {
    const { configurations, options } = world(caller);
    const matchConditions = expressions.map((expression, i) => ({ name: `c${i}`, expression }));
    const hook = { name: 'x.io', clientConfig: at('/no'), matchConditions, ...more };
    configurations.put(configuration('a', hook));
    const request = admissionRequest({ of: 'pods', object: pod() });
    return Promise.resolve(makeValidatingWebhooks(options).validate?.(request));
  };
  const broken = 'object.metadata.labels.x == "y"';
  await judge(['request.userInfo.username == "bob"']);
  await judge(["authorizer.requestResource.check('may-not').allowed()"]);
  await judge(["authorizer.group('').resource('pods').namespace('ns').check('may').errored()"]);
  // one that is false settles it
  await judge([broken, 'oldObject != null']);
  await judge([broken], { failurePolicy: 'Ignore' });
  assert.equal(asked.length, 0);
  const failure = `expression '${broken}' resulted in error: no such key: labels`;
  const refusal = (expected: string) => (error: unknown) => {
    assert.ok(error instanceof StatusError);
    assert.deepEqual([error.code, error.message], [403, expected]);
    return true;
  };
  await assert.rejects(judge([broken]), refusal(`pods "p" is forbidden: ${failure}`));
  await assert.rejects(
    judge([broken, 'true', 'params.x']),
    refusal(
      `pods "p" is forbidden: [${failure}, compilation error: compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.x\n | ^]`,
    ),
  );
  assert.equal(asked.length, 0);
  await assert.rejects(
    judge(["request.operation == 'CREATE'", "authorizer.path('/x').check('may').allowed()"]),
    /denied the request/,
  );
  assert.equal(asked.length, 1);
});

test("selectors, dry run and the webhooks' own configuration", async () => {
  const { asked, caller } = await webhookServer({ '/no': () => ({ allowed: false }) });
  const judge = (webhook: object, request: AdmissionRequest) => {
    const { configurations, options } = world(caller);
    configurations.put(configuration('a', { name: 'x.io', clientConfig: at('/no'), ...webhook }));
    return Promise.resolve(makeValidatingWebhooks(options).validate?.(request));
  };
  const request = () => admissionRequest({ of: 'pods', object: pod() });
  await judge({ namespaceSelector: { matchLabels: { team: 'b' } } }, request());
  await judge({ objectSelector: { matchLabels: { app: 'x' } } }, request());
  await judge(
    {},
    admissionRequest({
      of: 'validatingwebhookconfigurations',
      group: 'admissionregistration.k8s.io',
    }),
  );
  assert.equal(asked.length, 0);
  await assert.rejects(
    judge({ namespaceSelector: { matchLabels: { team: 'a' } } }, request()),
    /denied/,
  );
  await assert.rejects(
    judge({ sideEffects: 'Some' }, { ...request(), dryRun: true }),
    /does not support dry run/,
  );
});

test('rules match by operation, scope, subresource and version', () => {
  const configurations = new MemoryLister();
  const match = (
    rules: Partial<MatchRule>,
    request: Partial<AdmissionRequest> & { of?: string },
    versions: string[] = [],
    more: object = {},
  ) => {
    configurations.put(
      configuration('a', { name: 'x', clientConfig: {}, rules: [{ ...rule, ...rules }], ...more }),
    );
    const [webhook] = registeredWebhooks(configurations)();
    assert.ok(webhook);
    const { of = 'pods', ...rest } = request;
    return matchedVersion(
      webhook,
      admissionRequest({ of, object: pod(), ...rest } as never),
      versions,
    );
  };
  assert.equal(match({}, {}), 'v1');
  assert.equal(match({ operations: ['DELETE'] }, {}), undefined);
  assert.equal(match({}, { subresource: 'log' }), undefined);
  assert.equal(match({ resources: ['pods/*'] }, { subresource: 'log' }), 'v1');
  assert.equal(match({ resources: ['*/log'] }, { subresource: 'log' }), 'v1');
  assert.equal(match({ scope: 'Cluster' }, {}), undefined);
  assert.equal(
    match({ scope: 'Cluster', resources: ['namespaces'] }, { of: 'namespaces', namespace: 'ns' }),
    'v1',
  );
  assert.equal(match({ apiVersions: ['v2'] }, {}, ['v2']), 'v2');
  assert.equal(match({ apiVersions: ['v2'] }, {}, ['v2'], { matchPolicy: 'Exact' }), undefined);
  const other = { apiGroups: ['other.io'], apiVersions: ['v1'] };
  assert.equal(match(other, {}, ['v1', 'other.io/v1']), 'other.io/v1');
});

test('services resolve to their address or to a ready endpoint', async () => {
  const services = new MemoryLister();
  const slices = new MemoryLister();
  services.put(
    makeObject('Service', 's', {
      spec: { clusterIP: '10.0.0.9', ports: [{ name: 'https', port: 443, targetPort: 8443 }] },
    }),
  );
  slices.put({
    ...makeObject('EndpointSlice', 's-1'),
    metadata: { name: 's-1', namespace: 'ns', labels: { 'kubernetes.io/service-name': 's' } },
    ports: [{ name: 'https', port: 8443 }],
    endpoints: [
      { addresses: ['10.1.0.1'], conditions: { ready: false } },
      { addresses: ['10.1.0.2'] },
    ],
  });
  assert.deepEqual(await resolveByClusterIp(services)('ns', 's', 443), {
    host: '10.0.0.9',
    port: 443,
  });
  assert.deepEqual(await resolveByEndpoints(services, slices)('ns', 's', 443), {
    host: '10.1.0.2',
    port: 8443,
  });
  await assert.rejects(resolveByClusterIp(services)('ns', 's', 80), /no service port 80/);
});
