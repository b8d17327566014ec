import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestContext, RequestInfo } from '../context.ts';
import { makeAudit } from './audit.ts';
import type { AuditEvent } from './event.ts';
import { dns1123SubdomainErrors } from '../../object/name.ts';
import { judge, type Policy, readPolicy } from './policy.ts';

const alice = { name: 'alice', groups: ['dev'] };
const info = (more: Partial<RequestInfo> = {}): RequestInfo => ({
  isResourceRequest: true,
  path: '/api/v1/namespaces/ns/secrets',
  verb: 'create',
  apiPrefix: 'api',
  group: '',
  version: 'v1',
  namespace: 'ns',
  resource: 'secrets',
  subresource: '',
  name: '',
  parts: [],
  fieldSelector: '',
  labelSelector: '',
  ...more,
});
const header = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy' };

test('the first rule that matches decides', () => {
  const policy = readPolicy(
    {
      ...header,
      omitStages: ['RequestReceived'],
      rules: [
        { level: 'None', users: ['system:kube-proxy'], verbs: ['watch'] },
        { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'pods/log'] }] },
        { level: 'None', nonResourceURLs: ['/healthz*'] },
        {
          level: 'Request',
          resources: [{ group: 'apps', resources: ['*'], resourceNames: ['web'] }],
          omitStages: ['Panic'],
        },
        { level: 'RequestResponse', userGroups: ['dev'], namespaces: ['ns'] },
      ],
    },
    () => assert.fail('nothing is unknown'),
  );
  const level = (more: Partial<RequestInfo>, user = alice) => judge(policy, user, info(more)).level;
  assert.equal(level({}), 'Metadata');
  assert.equal(level({ resource: 'pods', subresource: 'log' }), 'Metadata');
  assert.equal(level({ resource: 'pods' }), 'RequestResponse');
  assert.equal(level({ resource: 'pods', namespace: 'x' }), 'None');
  assert.equal(level({ group: 'apps', resource: 'deployments', name: 'web' }), 'Request');
  assert.equal(level({ isResourceRequest: false, path: '/healthz/x' }), 'None');
  assert.equal(level({ verb: 'watch' }, { name: 'system:kube-proxy', groups: [] }), 'None');
  assert.deepEqual(
    judge(policy, alice, info({ group: 'apps', resource: 'x', name: 'web' })).omitStages,
    ['RequestReceived', 'Panic'],
  );
});

test('a policy that makes no sense is refused with every reason', () => {
  const read = (more: object) => readPolicy({ ...header, ...more }, () => undefined);
  assert.throws(() => readPolicy({ apiVersion: 'v1', kind: 'Policy' }, () => undefined), {
    message: /expected audit.k8s.io\/v1 Policy/,
  });
  assert.throws(() => read({}), { message: 'loaded illegal policy with 0 rules' });
  const rules = [
    {},
    { level: 'All' },
    { level: 'None', nonResourceURLs: ['x', '/a*b', '*'], namespaces: ['n'] },
    { level: 'None', resources: [{ group: 'apps/v1' }, { resourceNames: ['n'] }, { group: '*' }] },
    { level: 'None', omitStages: ['Never'] },
  ];
  const allowed = 'allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic';
  const group = dns1123SubdomainErrors('apps/v1').join(',');
  assert.throws(() => read({ rules, omitStages: ['Never'] }), {
    message: `[${[
      `omitStages[0]: Invalid value: "Never": ${allowed}`,
      'rules[0].level: Required value',
      'rules[1].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"',
      `rules[2].nonResourceURLs[0]: Invalid value: "x": non-resource URL rules must begin with a '/' character`,
      `rules[2].nonResourceURLs[1]: Invalid value: "/a*b": non-resource URL wildcards '*' must be the final character of the rule`,
      'rules[2].nonResourceURLs: Invalid value: ["x","/a*b","*"]: rules cannot apply to both regular resources and non-resource URLs',
      `rules[3].resources.group: Invalid value: "apps/v1": ${group}`,
      'rules[3].resources.resourceNames: Invalid value: ["n"]: using resourceNames requires at least one resource',
      `rules[4].omitStages[0]: Invalid value: "Never": ${allowed}`,
    ].join(', ')}]`,
  });
});

test('unknown fields of a policy are told and ignored', () => {
  const told: string[] = [];
  const rules = [{ level: 'Metadata', who: ['x'], resources: [{ group: '*', kinds: [] }] }];
  const policy = readPolicy({ ...header, rules, extra: 1 }, (fields) => told.push(...fields));
  assert.deepEqual(told, ['rules[0].who', 'rules[0].resources[0].kinds', 'extra']);
  assert.equal(judge(policy, alice, info({ group: 'apps' })).level, 'Metadata');
});

function request(more: object = {}) {
  const finishers: (() => void)[] = [];
  const context = {
    user: alice,
    impersonator: undefined,
    info: info(),
    url: '/api/v1/namespaces/ns/secrets?x=1',
    auditId: 'id',
    longRunning: false,
    headers: { 'user-agent': 'kubectl', 'x-forwarded-for': '1.2.3.4, junk, 2001:DB8::0:1' },
    socket: { remoteAddress: '::ffff:10.0.0.1' },
    receivedAt: new Date('2026-01-01T00:00:00.123Z'),
    auditLevel: 'None',
    auditAnnotations: {},
    requestObject: undefined,
    responseObject: undefined,
    answer: undefined,
    exchange: { code: 200 },
    onFinish: (callback: () => void) => finishers.push(callback),
    ...more,
  } as unknown as RequestContext;
  return { context, finish: () => finishers.forEach((callback) => callback()) };
}

function recorder(policy: Omit<Policy, never>) {
  const events: AuditEvent[] = [];
  const counted: string[] = [];
  const backend = { write: (event: AuditEvent) => events.push(event) > 0, close: async () => {} };
  return {
    events,
    counted,
    audit: makeAudit({
      policy,
      backends: [backend],
      now: () => new Date('2026-01-01T00:00:01Z'),
      observe: { level: (level) => counted.push(level), event: () => counted.push('event') },
    }),
  };
}

test('a request leaves two events, with bodies as far as the level goes', () => {
  const { events, counted, audit } = recorder({
    rules: [{ level: 'RequestResponse', omitManagedFields: true }],
  });
  const { context, finish } = request();
  audit.stage.run(context);
  assert.deepEqual(events, [
    {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'RequestResponse',
      auditID: 'id',
      stage: 'RequestReceived',
      requestURI: '/api/v1/namespaces/ns/secrets?x=1',
      verb: 'create',
      user: { username: 'alice', groups: ['dev'] },
      sourceIPs: ['1.2.3.4', '2001:db8::1', '10.0.0.1'],
      userAgent: 'kubectl',
      objectRef: { resource: 'secrets', namespace: 'ns', apiVersion: 'v1' },
      requestReceivedTimestamp: '2026-01-01T00:00:00.123000Z',
      stageTimestamp: '2026-01-01T00:00:01.000000Z',
    },
  ]);
  context.requestMetadata = { name: 's' };
  context.requestObject = { metadata: { name: 's', managedFields: [] } };
  context.answer = { code: 201, headers: {}, body: Buffer.from('{"kind":"Secret"}') };
  context.impersonator = context.user;
  context.user = { name: 'jane', groups: [] };
  context.auditAnnotations['authorization.k8s.io/decision'] = 'allow';
  finish();
  const last = events[1] as AuditEvent;
  assert.equal(last.stage, 'ResponseComplete');
  assert.deepEqual(last.responseStatus, { metadata: {}, code: 201 });
  assert.deepEqual(last.requestObject, { metadata: { name: 's' } });
  assert.deepEqual(last.responseObject, { kind: 'Secret' });
  assert.deepEqual(last.impersonatedUser, { username: 'jane' });
  assert.deepEqual(last.objectRef, {
    resource: 'secrets',
    namespace: 'ns',
    name: 's',
    apiVersion: 'v1',
  });
  assert.deepEqual(last.annotations, { 'authorization.k8s.io/decision': 'allow' });
  assert.deepEqual(counted, ['RequestResponse', 'event', 'event']);
  const silent = recorder({ rules: [{ level: 'None' }] });
  silent.audit.stage.run(request().context);
  assert.deepEqual(silent.counted, ['None']);
});

test('metadata keeps bodies out; a refusal is told with its reason; a watch tells when it starts', () => {
  const { events, audit } = recorder({
    rules: [{ level: 'Metadata' }],
    omitStages: ['RequestReceived'],
  });
  const refused = request({
    requestObject: {},
    answer: { code: 403, headers: {}, body: '' },
    responseObject: {
      kind: 'Status',
      status: 'Failure',
      message: 'no',
      reason: 'Forbidden',
      code: 403,
    },
  });
  audit.stage.run(refused.context);
  refused.finish();
  assert.equal(events.length, 1);
  assert.deepEqual(events[0]?.responseStatus, {
    metadata: {},
    status: 'Failure',
    message: 'no',
    reason: 'Forbidden',
    code: 403,
  });
  assert.equal(events[0]?.requestObject, undefined);
  const exchange: { code: number; onBegin?: () => void } = { code: 200 };
  const watch = request({ longRunning: true, exchange });
  audit.stage.run(watch.context);
  exchange.onBegin?.();
  watch.finish();
  assert.deepEqual(
    events.slice(1).map((event) => event.stage),
    ['ResponseStarted', 'ResponseComplete'],
  );
});

test('mode blocking-strict: what is not written down does not happen', async () => {
  for (const kept of [false, Promise.resolve(false)]) {
    const stages: string[] = [];
    let rejected = 0;
    const audit = makeAudit({
      policy: { rules: [{ level: 'Metadata' }] },
      backends: [
        { write: () => kept, close: async () => {} },
        // one after the other, whatever became of the first
        { write: ({ stage }) => stages.push(stage) > 0, close: async () => {} },
      ],
      observe: { level() {}, event() {}, rejected: () => void (rejected += 1) },
    });
    const { context, finish } = request();
    await assert.rejects(async () => audit.stage.run(context), {
      message:
        'Internal Server Error: "/api/v1/namespaces/ns/secrets?x=1": failed to store audit event',
    });
    finish();
    assert.deepEqual([stages, rejected], [['RequestReceived'], 1]);
  }
});

test('a fault of the program is the last that is told of a request', () => {
  const { events, audit } = recorder({ rules: [{ level: 'Metadata' }] });
  const { context, finish } = request({
    user: { name: 'alice', groups: [] },
    headers: { 'x-forwarded-for': '1.1.1.1, 2.2.2.2, 1.1.1.1', 'x-real-ip': '2.2.2.2' },
  });
  audit.stage.run(context);
  audit.panicked(context, new TypeError('x is undefined'));
  finish();
  const shown = events.map(({ stage, user, sourceIPs }) => ({ stage, user, sourceIPs }));
  const sourceIPs = ['1.1.1.1', '2.2.2.2', '1.1.1.1', '10.0.0.1'];
  assert.deepEqual(shown, [
    { stage: 'RequestReceived', user: { username: 'alice' }, sourceIPs },
    { stage: 'Panic', user: { username: 'alice' }, sourceIPs },
  ]);
  assert.deepEqual(events[1]?.responseStatus, {
    metadata: {},
    status: 'Failure',
    message: "APIServer panic'd: x is undefined",
    reason: 'InternalError',
    code: 500,
  });
});
