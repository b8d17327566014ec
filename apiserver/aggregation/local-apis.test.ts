import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { define, hostDefinition } from '../custom/conversion-fixture.ts';
import { ApiClient, stored, type WatchStream } from '../verbs/api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices';
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface Named {
  name: string;
  metadata: { name: string };
  versions: { version: string }[];
}

/** Names of the groups, as both forms of discovery list them. */
async function groups(): Promise<string[]> {
  const plain: Named[] = stored(await api.get('/apis')).groups;
  const all: Named[] = stored(await api.get('/apis', { accept: aggregated })).items;
  const names = plain.map(({ name }) => name);
  assert.deepEqual(
    all.map(({ metadata }) => metadata.name),
    names,
  );
  return names;
}

const watched = (name: string): Promise<WatchStream> =>
  api.watch(`${apiServices}?watch=1&fieldSelector=metadata.name%3D${name}`);

test('priorities of APIServices order groups and versions', async () => {
  const before = await groups();
  assert.equal(before[0], 'apiregistration.k8s.io');
  assert.ok(before.indexOf('batch') > 1);
  const stream = await watched('v1.batch');
  await stream.next();
  stored(
    await api.patch(`${apiServices}/v1.batch`, 'merge', { spec: { groupPriorityMinimum: 19_000 } }),
  );
  await stream.next();
  stream.close();
  assert.equal((await groups())[1], 'batch');
  const preferred = async (): Promise<string> =>
    stored(await api.get('/apis/autoscaling')).preferredVersion.version;
  assert.equal(await preferred(), 'v2');
  const versions = await watched('v1.autoscaling');
  await versions.next();
  stored(
    await api.patch(`${apiServices}/v1.autoscaling`, 'merge', { spec: { versionPriority: 99 } }),
  );
  await versions.next();
  versions.close();
  assert.equal(await preferred(), 'v1');
  const { items } = stored(await api.get('/apis', { accept: aggregated }));
  const found = (items as Named[]).find(({ metadata }) => metadata.name === 'autoscaling');
  assert.deepEqual(
    found?.versions.map(({ version }) => version),
    ['v1', 'v2'],
  );
});

test('a built-in group whose APIService is deleted is not listed, and served all the same', async () => {
  const stream = await watched('v1.policy');
  await stream.next();
  stored(await api.delete(`${apiServices}/v1.policy`));
  assert.equal((await stream.next()).type, 'DELETED');
  stream.close();
  assert.ok(!(await groups()).includes('policy'));
  stored(await api.get('/apis/policy'));
  stored(await api.get('/apis/policy/v1/poddisruptionbudgets'));
  // it is made at a start, or by whoever wants it back
  const made = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1.policy' },
    spec: { group: 'policy', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 },
  };
  const again = await watched('v1.policy');
  stored(await api.create(apiServices, made), 201);
  await again.next();
  again.close();
  assert.equal((await groups()).at(-1), 'policy');
});

test('the APIService of a custom group comes back, as it was', async () => {
  const stream = await watched('v1.example.com');
  await define(api, hostDefinition('hosts', { strategy: 'None' }));
  const { type, object } = await stream.next();
  assert.equal(type, 'ADDED');
  stored(await api.delete(`${apiServices}/v1.example.com`));
  assert.equal((await stream.next()).type, 'DELETED');
  const again = await stream.next();
  assert.deepEqual([again.type, again.object.spec], ['ADDED', object.spec]);
  stored(
    await api.patch(`${apiServices}/v1.example.com`, 'merge', { spec: { versionPriority: 7 } }),
  );
  assert.equal((await stream.next()).object.spec.versionPriority, 7);
  assert.deepEqual((await stream.next()).object.spec, object.spec);
  stream.close();
});

test('what is missing of a Service is told', async () => {
  const name = 'v1.far.example.com';
  stored(
    await api.create('/api/v1/namespaces/default/services', {
      metadata: { name: 'far' },
      spec: { ports: [{ name: 'https', port: 443 }] },
    }),
    201,
  );
  const stream = await watched(name);
  stored(
    await api.create(apiServices, {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name },
      spec: {
        group: 'far.example.com',
        version: 'v1',
        groupPriorityMinimum: 2_000,
        versionPriority: 10,
        insecureSkipTLSVerify: true,
        service: { namespace: 'default', name: 'far', port: 8_443 },
      },
    }),
    201,
  );
  const told = async (reason: string): Promise<[string, string]> => {
    for (;;) {
      const [condition] = (await stream.next()).object.status?.conditions ?? [];
      if (condition?.reason === reason) return [condition.status, condition.message];
    }
  };
  assert.deepEqual(await told('ServicePortError'), [
    'False',
    'service/far in "default" is not listening on port 8443',
  ]);
  stored(await api.patch(`${apiServices}/${name}`, 'merge', { spec: { service: { port: 443 } } }));
  assert.deepEqual(await told('EndpointsNotFound'), [
    'False',
    'cannot find endpointslices for service/far in "default"',
  ]);
  const slice = {
    metadata: { name: 'far-1', labels: { 'kubernetes.io/service-name': 'far' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.1.1.1'] }],
    ports: [{ name: 'other', port: 1 }],
  };
  const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
  stored(await api.create(slices, slice), 201);
  const absent =
    'endpointslices for service/far in "default" have no addresses with port name "https"';
  assert.deepEqual(await told('MissingEndpoints'), ['False', absent]);
  stream.close();
});
