import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { ApiClient } from '../verbs/api-client.ts';
import { closed, listening } from '../verbs/connect/fake-kubelet.ts';

/** Two servers: the one aggregates the other, whose front proxy it is. */
let api: ApiClient;
let remote: ApiClient;
const folder = mkdtempSync(join(tmpdir(), 'quorate-aggregation-'));
const file = (name: string) => join(folder, name);
const hourMs = 3_600_000;
const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices';
const widgets = '/apis/remote.example.com/v1/namespaces/default/widgets';

before(async () => {
  const authority = await issueAuthority({ commonName: 'front-proxy-ca', durationMs: hourMs });
  const proxy = await issueCertificate(authority, {
    subject: { commonName: 'front-proxy' },
    usages: ['client auth'],
    durationMs: hourMs,
  });
  writeFileSync(file('ca.crt'), authority.certificatePem);
  writeFileSync(file('proxy.crt'), proxy.certificatePem);
  writeFileSync(file('proxy.key'), proxy.privateKeyPem);
  [api, remote] = await Promise.all([
    ApiClient.start({
      flags: {
        'proxy-client-cert-file': file('proxy.crt'),
        'proxy-client-key-file': file('proxy.key'),
      },
    }),
    ApiClient.start({
      flags: {
        'requestheader-client-ca-file': file('ca.crt'),
        'requestheader-allowed-names': 'front-proxy',
        'requestheader-username-headers': 'X-Remote-User',
        'requestheader-group-headers': 'X-Remote-Group',
        'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
      },
    }),
  ]);
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  assert.equal((await remote.create(crds, definition('remote.example.com'))).code, 201);
  await serviceAt('remote', Number(new URL(remote.server.url).port));
});
after(async () => {
  await Promise.all([api?.stop(), remote?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const definition = (group: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { size: { type: 'integer' } } } },
      },
    ],
  },
});

/** A Service that leads to a port of loopback. */
async function serviceAt(name: string, port: number): Promise<void> {
  const body = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
  };
  const made = await api.create('/api/v1/namespaces/default/services', body);
  assert.equal(made.code, 201, made.text);
}

async function portOf(name: string): Promise<number> {
  const { body } = await api.get(`/api/v1/namespaces/default/services/${name}`);
  return body.spec.ports[0].port;
}

async function register(group: string, service: string, more: object): Promise<void> {
  const made = await api.create(apiServices, {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `v1.${group}` },
    spec: {
      group,
      version: 'v1',
      groupPriorityMinimum: 2000,
      versionPriority: 10,
      service: { namespace: 'default', name: service, port: await portOf(service) },
      ...more,
    },
  });
  assert.equal(made.code, 201, made.text);
}

/** Waits, over a watch, for the Available condition to have this reason. */
async function condition(name: string, reason: string) {
  const stream = await api.watch(`${apiServices}?watch=1&fieldSelector=metadata.name%3D${name}`);
  try {
    for (;;) {
      const event = await stream.next();
      const [found] = event.object.status?.conditions ?? [];
      if (found?.reason === reason) return found;
    }
  } finally {
    stream.close();
  }
}

test('the groups of this server have APIServices, custom ones come and go', async () => {
  const { body } = await api.get(`${apiServices}/v1.apps`);
  assert.deepEqual(body.spec, {
    group: 'apps',
    groupPriorityMinimum: 17_800,
    version: 'v1',
    versionPriority: 15,
  });
  assert.deepEqual(body.metadata.labels, {
    'kube-aggregator.kubernetes.io/automanaged': 'onstart',
  });
  const [{ lastTransitionTime, ...local }] = body.status.conditions;
  assert.ok(lastTransitionTime);
  assert.deepEqual(local, {
    message: 'Local APIServices are always available',
    reason: 'Local',
    status: 'True',
    type: 'Available',
  });
  assert.equal((await api.get(`${apiServices}/v1.`)).code, 200);
  assert.equal((await api.get(`${apiServices}/v1.apiregistration.k8s.io`)).code, 404);
  const stream = await api.watch(
    `${apiServices}?watch=1&fieldSelector=metadata.name%3Dv1.own.example.com`,
  );
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await api.create(crds, definition('own.example.com'));
  const added = await stream.next();
  assert.deepEqual([added.type, added.object.spec.groupPriorityMinimum], ['ADDED', 1000]);
  await api.delete(`${crds}/widgets.own.example.com`);
  assert.equal((await stream.next()).type, 'DELETED');
  stream.close();
});

test('requests go to the other server, as the user who asks', async () => {
  await register('remote.example.com', 'remote', { insecureSkipTLSVerify: true });
  const passed = await condition('v1.remote.example.com', 'Passed');
  assert.equal(passed.message, 'all checks passed');
  const widget = {
    apiVersion: 'remote.example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    size: 3,
  };
  const stream = await api.watch(`${widgets}?watch=1`);
  const made = await api.create(widgets, widget);
  assert.equal(made.code, 201, made.text);
  assert.equal((await stream.next()).object.size, 3);
  stream.close();
  assert.equal((await remote.get(`${widgets}/w`)).body.size, 3);
  // admin is a member of system:masters here; who is nobody there is refused there
  const nobody = { 'impersonate-user': 'nobody', 'impersonate-group': 'system:authenticated' };
  const allow = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'nobody' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'nobody' }],
  };
  await api.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', allow);
  const refused = await api.get(`${widgets}/w`, { headers: nobody });
  assert.equal(refused.code, 403);
  assert.match(refused.body.message, /User "nobody" cannot get resource "widgets"/);
});

test('a WebSocket goes through too', async () => {
  const url = `${api.server.url.replace('https', 'wss')}${widgets}?watch=1`;
  const headers = { authorization: `Bearer ${api.server.token}` };
  const webSocket = new WebSocket(url, { ca: api.server.ca, headers, origin: 'https://x.example' });
  const first = await new Promise<Buffer>((resolve, reject) => {
    webSocket.once('message', (data: Buffer) => resolve(data));
    webSocket.once('error', reject);
  });
  assert.equal(JSON.parse(first.toString()).object.metadata.name, 'w');
  webSocket.terminate();
});

test('discovery shows what the other server serves, by its priority', async () => {
  const groups = (await api.get('/apis')).body.groups.map((group: { name: string }) => group.name);
  const at = groups.indexOf('remote.example.com');
  assert.ok(at > groups.indexOf('apps'), 'behind the built-in groups');
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const all = await api.get('/apis', { accept });
  const found = all.body.items.find(
    (item: { metadata: { name: string } }) => item.metadata.name === 'remote.example.com',
  );
  assert.equal(found.versions[0].freshness, 'Current');
  assert.equal(found.versions[0].resources[0].resource, 'widgets');
  const list = await api.get('/apis/remote.example.com/v1');
  assert.equal(list.body.resources[0].kind, 'Widget');
  const group = await api.get('/apis/remote.example.com');
  assert.equal(group.body.preferredVersion.groupVersion, 'remote.example.com/v1');
  assert.ok((await api.get('/')).body.paths.includes('/apis/remote.example.com/v1'));
});

test('OpenAPI has the documents of the other server', async () => {
  const key = 'apis/remote.example.com/v1';
  const { paths } = (await api.get('/openapi/v3')).body;
  const theirs = (await remote.get('/openapi/v3')).body.paths[key];
  assert.deepEqual(paths[key], theirs);
  assert.equal(
    paths['apis/apps/v1'].serverRelativeURL.startsWith('/openapi/v3/apis/apps/v1?'),
    true,
  );
  const document = await api.get(theirs.serverRelativeURL);
  assert.ok(document.body.components.schemas['com.example.remote.v1.Widget']);
  const v2 = (await api.get('/openapi/v2')).body;
  assert.ok(v2.definitions['com.example.remote.v1.Widget']);
  assert.ok(v2.paths['/apis/remote.example.com/v1/namespaces/{namespace}/widgets/{name}']);
  const doubled = Object.keys(v2.definitions).filter((name) => name.endsWith('_v2'));
  assert.deepEqual(doubled, [], 'types that both have are the same');
});

test('who cannot be reached is unavailable, with the reason', async () => {
  await serviceAt('nowhere', 1);
  await register('gone.example.com', 'nowhere', { insecureSkipTLSVerify: true });
  const failed = await condition('v1.gone.example.com', 'FailedDiscoveryCheck');
  assert.equal(failed.status, 'False');
  assert.match(
    failed.message,
    /^failing or missing response from https:\/\/localhost:1\/apis\/gone\.example\.com\/v1: Get .* connection refused$/,
  );
  const refused = await api.get('/apis/gone.example.com/v1/things');
  assert.deepEqual([refused.code, refused.text], [503, 'service unavailable\n']);
  await api.delete('/api/v1/namespaces/default/services/nowhere');
  const absent = await condition('v1.gone.example.com', 'ServiceNotFound');
  assert.equal(absent.message, 'service/nowhere in "default" is not present');
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const { items } = (await api.get('/apis', { accept })).body;
  const gone = items.find(
    (item: { metadata: { name: string } }) => item.metadata.name === 'gone.example.com',
  );
  assert.deepEqual(gone.versions, [{ version: 'v1', resources: [], freshness: 'Stale' }]);
  await api.delete(`${apiServices}/v1.gone.example.com`);
  assert.equal((await api.get('/apis/gone.example.com/v1/things')).code, 404);
});

test('the certificate must be of the bundle and carry the name of the service; redirects are refused', async () => {
  const authority = await issueAuthority({ commonName: 'backend-ca', durationMs: hourMs });
  const leaf = await issueCertificate(authority, {
    subject: { commonName: 'backend' },
    names: { dnsNames: ['backend.default.svc'] },
    usages: ['server auth'],
    durationMs: hourMs,
  });
  let seen: Record<string, unknown> = {};
  const options = { cert: leaf.certificatePem, key: leaf.privateKeyPem };
  const server = createServer(options, (request, response) => {
    if (request.url?.endsWith('/moved') === true) {
      response.writeHead(302, { location: '/else' }).end();
      return;
    }
    seen = request.headers;
    response.setHeader('content-type', 'application/json');
    response.end('{"kind":"APIResourceList","resources":[]}');
  });
  await serviceAt('backend', await listening(server));
  const caBundle = Buffer.from(authority.certificatePem).toString('base64');
  await register('trusted.example.com', 'backend', { caBundle });
  await condition('v1.trusted.example.com', 'Passed');
  const headers = {
    'impersonate-user': 'ann',
    'impersonate-group': 'system:masters',
    'impersonate-extra-scopes%2fa': 'view',
    'x-remote-user': 'root',
  };
  const got = await api.get('/apis/trusted.example.com/v1/things', { headers });
  assert.equal(got.code, 200, got.text);
  assert.equal(seen['x-remote-user'], 'ann');
  assert.equal(seen['x-remote-group'], 'system:masters, system:authenticated');
  assert.equal(seen['x-remote-extra-scopes%2fa'], 'view');
  assert.equal(seen['authorization'], undefined);
  let connections = 0;
  server.on('secureConnection', () => (connections += 1));
  for (let turn = 0; turn < 5; turn++) await api.get('/apis/trusted.example.com/v1/things');
  assert.equal(connections, 0, 'the connection is used again');
  server.closeAllConnections();
  assert.equal((await api.get('/apis/trusted.example.com/v1/things')).code, 200);
  const moved = await api.get('/apis/trusted.example.com/v1/moved');
  assert.equal(moved.code, 502);
  const other = await issueAuthority({ commonName: 'other-ca', durationMs: hourMs });
  const wrong = { spec: { caBundle: Buffer.from(other.certificatePem).toString('base64') } };
  await api.patch(`${apiServices}/v1.trusted.example.com`, 'merge', wrong);
  const untrusted = await api.get('/apis/trusted.example.com/v1/things');
  assert.equal(untrusted.code, 503);
  assert.match(untrusted.text, /x509: certificate signed by unknown authority/);
  await closed(server);
});
