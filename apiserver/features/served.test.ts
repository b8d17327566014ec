import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient } from '../verbs/api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start({
    flags: {
      'runtime-config': 'batch/v1=false,apps/v1/daemonsets=false',
      'feature-gates':
        'WatchList=false,ComponentFlagz=false,StorageVersionHash=false,APIResponseCompression=false',
      'allow-privileged': 'false',
      'external-hostname': 'api.example.com',
      'disabled-metrics': 'process_cpu_seconds_total',
    },
  });
});
after(() => api.stop());

const names = (list: { resources: { name: string }[] }) => list.resources.map(({ name }) => name);

test('what is off is in no discovery, no OpenAPI and no route', async () => {
  const groups = await api.get('/apis');
  assert.ok(!groups.text.includes('"batch"'), 'no group');
  assert.equal((await api.get('/apis/batch/v1')).code, 404);
  const jobs = await api.get('/apis/batch/v1/namespaces/default/jobs');
  assert.deepEqual([jobs.code, jobs.text], [404, '404 page not found\n']);
  const apps = names((await api.get('/apis/apps/v1')).body);
  assert.ok(apps.includes('deployments') && !apps.includes('daemonsets'));
  assert.equal((await api.get('/apis/apps/v1/namespaces/default/daemonsets')).code, 404);
  assert.ok(!(await api.get('/openapi/v3')).text.includes('apis/batch'));
  const document = await api.get('/openapi/v3/apis/apps/v1');
  assert.ok(document.text.includes('/deployments') && !document.text.includes('/daemonsets'));
  const aggregated = await api.get('/apis', {
    accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  });
  assert.ok(!aggregated.text.includes('daemonsets') && !aggregated.text.includes('cronjobs'));
});

test('gates that are off take their behaviour with them', async () => {
  const watch = await api.get(
    '/api/v1/namespaces?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
  );
  assert.equal(watch.code, 422);
  assert.equal((await api.get('/flagz')).code, 404);
  assert.equal((await api.get('/statusz')).code, 200);
  assert.match(watch.body.message, /unless the WatchList feature gate is enabled/);
  const pods = (await api.get('/api/v1')).body.resources.find(
    (resource: { name: string }) => resource.name === 'pods',
  );
  assert.equal(pods.storageVersionHash, undefined);
  await api.create('/api/v1/namespaces/default/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'large' },
    data: { a: 'x'.repeat(200_000) },
  });
  const large = await api.get('/api/v1/namespaces/default/configmaps/large', {
    headers: { 'accept-encoding': 'gzip' },
  });
  assert.equal(large.headers['content-encoding'], undefined);
});

test('metrics tell of gates, objects and the database, and leave out what they are told to', async () => {
  const { text } = await api.get('/metrics');
  assert.match(text, /^kubernetes_feature_enabled\{name="WatchList",stage="BETA"\} 0$/m);
  assert.match(text, /^kubernetes_feature_enabled\{name="NodeSwap",stage=""\} 1$/m);
  assert.match(text, /^apiserver_resource_objects\{group="",resource="namespaces"\} 4$/m);
  assert.ok(!text.includes('process_cpu_seconds_total'));
});

test('without --allow-privileged a privileged container is refused, in a template as well', async () => {
  const spec = {
    containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }],
  };
  const template = await api.create('/api/v1/namespaces/default/podtemplates', {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: { name: 'p' },
    template: { metadata: { labels: { a: 'b' } }, spec },
  });
  assert.equal(template.code, 422, template.text);
  assert.match(
    template.body.message,
    /template.spec.containers\[0\].securityContext.privileged: Forbidden: disallowed by cluster policy/,
  );
});

test('URLs that the server gives name its external host', async () => {
  const { body } = await api.get('/.well-known/openid-configuration');
  assert.match(body.jwks_uri, /^https:\/\/api\.example\.com:\d+\/openid\/v1\/jwks$/);
  const [address] = (await api.get('/api')).body.serverAddressByClientCIDRs;
  assert.match(address.serverAddress, /^api\.example\.com:\d+$/);
});

test('the documents of the issuer may be kept for an hour by anybody', async () => {
  const typeOf = { '/.well-known/openid-configuration': 'json', '/openid/v1/jwks': 'jwk-set+json' };
  for (const [path, type] of Object.entries(typeOf)) {
    const { headers, text } = await api.get(path);
    assert.equal(headers['content-type'], `application/${type}`);
    assert.equal(headers['cache-control'], 'public, max-age=3600');
    assert.equal(text, JSON.stringify(JSON.parse(text)));
    assert.equal((await api.get(path, { accept: 'text/html' })).code, 406);
  }
});
