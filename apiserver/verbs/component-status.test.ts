import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient } from './api-client.ts';

let api: ApiClient;

before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

interface Component {
  metadata: { name: string };
  conditions: { type: string; status: string; message?: string }[];
}

/** Whether something listens where upstream looks is not ours to say. */
const probed =
  /^(Get "https:\/\/127\.0\.0\.1:PORT\/healthz": .+|HTTP probe failed with statuscode: \d+|ok)$/;

test('the components that upstream asks are asked, where upstream looks for them', async () => {
  const { code, body } = await api.get('/api/v1/componentstatuses');
  assert.equal(code, 200);
  const items = body['items'] as Component[];
  const found = new Map(items.map(({ metadata, conditions }) => [metadata.name, conditions]));
  assert.deepEqual([...found.keys()].sort(), ['controller-manager', 'etcd-0', 'scheduler']);
  assert.deepEqual(found.get('etcd-0'), [{ type: 'Healthy', status: 'True', message: 'ok' }]);
  for (const [name, port] of [
    ['controller-manager', '10257'],
    ['scheduler', '10259'],
  ] as const) {
    const [condition] = found.get(name) ?? [];
    assert.match(condition?.message?.replace(port, 'PORT') ?? '', probed);
    assert.equal(condition?.status, condition?.message === 'ok' ? 'True' : 'False');
  }
});

test('selectors choose, a component that is none is an error of the server', async () => {
  const namesOf = async (query: string) => {
    const { body } = await api.get(`/api/v1/componentstatuses?${query}`);
    return (body['items'] as Component[]).map(({ metadata }) => metadata.name);
  };
  assert.deepEqual(await namesOf('fieldSelector=metadata.name%3Detcd-0'), ['etcd-0']);
  assert.deepEqual(await namesOf('labelSelector=a%3Db'), []);
  const one = await api.get('/api/v1/componentstatuses/etcd-0');
  assert.deepEqual([one.code, one.body['metadata']], [200, { name: 'etcd-0' }]);
  const none = await api.get('/api/v1/componentstatuses/x');
  assert.deepEqual([none.code, none.body['message']], [500, 'Component not found: x']);
});
