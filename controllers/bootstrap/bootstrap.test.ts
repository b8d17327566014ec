import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { compactVerify } from 'jose';
import { configMaps, secrets } from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { tokenCleanerController } from './cleaner.ts';
import { bootstrapSignerController } from './signer.ts';

const type = 'bootstrap.kubernetes.io/token';
const data = (fields: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );

let scenario: Scenario;
before(async () => {
  scenario = await startScenario(bootstrapSignerController, tokenCleanerController);
});
after(() => scenario.stop());

function makeToken(
  id: string,
  fields: Record<string, string> = {},
  name = `bootstrap-token-${id}`,
) {
  return scenario.cluster.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'kube-system' },
    type,
    data: data({
      'token-id': id,
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-signing': 'true',
      ...fields,
    }),
  });
}

const signed = (): Record<string, string> =>
  scenario.find(configMaps, 'cluster-info')?.['data'] ?? {};
const inSeconds = (n: number) => new Date(Date.now() + n * 1000).toISOString();

test('cluster-info is signed with every token for signing, and with no other', async () => {
  const { cluster, edit, until } = scenario;
  await makeToken('aaaaaa');
  await makeToken('bbbbbb', { 'usage-bootstrap-signing': 'false' });
  await makeToken('cccccc', {}, 'bootstrap-token-dddddd');
  const kubeconfig = 'apiVersion: v1\nkind: Config\n';
  await cluster.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cluster-info', namespace: 'kube-public' },
    data: { kubeconfig, 'jws-kubeconfig-eeeeee': 'of a token that is gone', more: 'kept' },
  });
  const jws = await until('a signature', () => signed()['jws-kubeconfig-aaaaaa']);
  assert.deepEqual(Object.keys(signed()).sort(byText), [
    'jws-kubeconfig-aaaaaa',
    'kubeconfig',
    'more',
  ]);
  const [header = '', payload, signature = ''] = jws.split('.');
  assert.equal(payload, '');
  assert.equal(Buffer.from(header, 'base64url').toString(), '{"alg":"HS256","kid":"aaaaaa"}');
  const whole = `${header}.${Buffer.from(kubeconfig).toString('base64url')}.${signature}`;
  await compactVerify(whole, Buffer.from('0123456789abcdef'));

  await edit(configMaps, 'cluster-info', (object) => {
    object['data'].kubeconfig = 'another';
  });
  await until('signed again', () => signed()['jws-kubeconfig-aaaaaa'] !== jws);
  await cluster.delete(secrets, 'kube-system', 'bootstrap-token-aaaaaa');
  await until('not signed any more', () => signed()['jws-kubeconfig-aaaaaa'] === undefined);
});

test('tokens that are over are deleted, when they are', async () => {
  const { find, until } = scenario;
  await makeToken('fffff0', { expiration: inSeconds(3600) });
  await makeToken('fffff1', { expiration: inSeconds(-1) });
  await makeToken('fffff2', { expiration: 'tomorrow' });
  await makeToken('fffff3', { expiration: inSeconds(0.5) });
  for (const id of ['fffff1', 'fffff2', 'fffff3']) {
    await until(`${id} is gone`, () => find(secrets, `bootstrap-token-${id}`) === undefined);
  }
  await until('its signature too', () => signed()['jws-kubeconfig-fffff3'] === undefined);
  assert.ok(find(secrets, 'bootstrap-token-fffff0') !== undefined);
  assert.ok(signed()['jws-kubeconfig-fffff0'] !== undefined);
});

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
