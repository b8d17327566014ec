import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApiClient } from './verbs/api-client.ts';
import type { AuditEvent } from './audit/event.ts';

/** What the audit log of a whole server shows of requests and answers. */
const folder = mkdtempSync(join(tmpdir(), 'quorate-audited-'));
const log = join(folder, 'audit.log');
let api: ApiClient;

before(async () => {
  const policy = join(folder, 'policy.json');
  const resources = [{ group: '', resources: ['configmaps', 'services'] }];
  writeFileSync(
    policy,
    JSON.stringify({
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [
        { level: 'RequestResponse', verbs: ['create', 'patch', 'delete', 'get'], resources },
        { level: 'RequestResponse', nonResourceURLs: ['/version'] },
        { level: 'None' },
      ],
    }),
  );
  api = await ApiClient.start({
    flags: { 'audit-policy-file': policy, 'audit-log-path': log },
  });
});
after(async () => {
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

const configMaps = '/api/v1/namespaces/default/configmaps';

let requests = 0;

/** The event of the one request that `send` makes with the headers it is given. */
async function eventOf(
  send: (headers: Record<string, string>) => Promise<unknown>,
): Promise<AuditEvent> {
  const id = `request-${(requests += 1)}`;
  await send({ 'audit-id': id });
  for (;;) {
    const line = readFileSync(log, 'utf8')
      .split('\n')
      .find((one) => one.includes(`"auditID":"${id}"`));
    if (line !== undefined) return JSON.parse(line) as AuditEvent;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const keys = (object: unknown): string => Object.keys(object as object).join(' ');
const failure = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };

test('a body is shown as it was sent, with defaults, an answer in the order of its fields', async () => {
  const service = { spec: { externalName: 'x.y', type: 'ExternalName' }, metadata: { name: 's' } };
  const body = { ...service, apiVersion: 'v1', kind: 'Service' };
  const event = await eventOf((headers) =>
    api.create('/api/v1/namespaces/default/services', body, { headers }),
  );
  assert.deepEqual(event.requestObject, {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: 's' },
    spec: { type: 'ExternalName', sessionAffinity: 'None', externalName: 'x.y' },
    status: { loadBalancer: {} },
  });
  const answered = event.responseObject as { metadata: object };
  assert.match(keys(answered.metadata), /^name namespace uid resourceVersion creationTimestamp /);
  assert.deepEqual(event.objectRef, {
    resource: 'services',
    namespace: 'default',
    name: 's',
    apiVersion: 'v1',
  });
  assert.deepEqual(event.sourceIPs, ['127.0.0.1']);
});

test('a refusal is shown whole', async () => {
  const event = await eventOf((headers) => api.get(`${configMaps}/none`, { headers }));
  const said = {
    message: 'configmaps "none" not found',
    reason: 'NotFound',
    details: { name: 'none', kind: 'configmaps' },
    code: 404,
  };
  assert.deepEqual(event.responseStatus, { metadata: {}, status: 'Failure', ...said });
  assert.deepEqual(event.responseObject, { ...failure, ...said });
});

test('a wrong token makes one event, of nobody', async () => {
  const event = await eventOf((headers) =>
    api.get('/version', { headers: { ...headers, authorization: 'Bearer wrong' } }),
  );
  const said = { message: 'Unauthorized', reason: 'Unauthorized', code: 401 };
  assert.equal(event.stage, 'ResponseStarted');
  assert.deepEqual(event.user, {});
  assert.deepEqual(event.responseStatus, { metadata: {}, status: 'Failure', ...said });
  assert.deepEqual(event.responseObject, { ...failure, ...said });
});

test('what is no object is not shown, what is not JSON is', async () => {
  const version = await eventOf((headers) => api.get('/version', { headers }));
  assert.equal(version.responseObject, undefined);
  const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { b: 'c' } };
  await api.create(configMaps, made);
  for (const accept of ['application/vnd.kubernetes.protobuf', 'application/yaml']) {
    const event = await eventOf((headers) => api.get(`${configMaps}/a`, { headers, accept }));
    assert.deepEqual((event.responseObject as typeof made).data, { b: 'c' }, accept);
  }
});

test('patches are shown as sent, options of a delete in their own version', async () => {
  const patch = [{ op: 'add', path: '/data/x', value: 'y' }];
  const patched = await eventOf((headers) =>
    api.patch(`${configMaps}/a`, 'json', patch, { headers }),
  );
  assert.deepEqual(patched.requestObject, patch);
  const options = { propagationPolicy: 'Background', gracePeriodSeconds: 0 };
  const deleted = await eventOf((headers) =>
    api.ask('DELETE', `${configMaps}/a`, { headers, body: { ...options, kind: 'DeleteOptions' } }),
  );
  assert.equal(
    JSON.stringify(deleted.requestObject),
    '{"kind":"DeleteOptions","apiVersion":"meta.k8s.io/__internal","gracePeriodSeconds":0,"propagationPolicy":"Background"}',
  );
  const { status, details } = deleted.responseStatus as { status: string; details: object };
  assert.equal(status, 'Success');
  assert.equal(keys(details), 'name kind uid');
});
