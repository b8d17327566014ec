import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient } from './api-client.ts';

/** Lists that are asked for again and again come out of an index (watch/indexed-entries.ts). */
let api: ApiClient;
const secrets = '/api/v1/namespaces/default/secrets';
const count = 80;

const app = (i: number): string => ['a', 'b', ''][i % 3] as string;
const type = (i: number): string => (i % 4 === 0 ? 'example/rare' : 'Opaque');

before(async () => {
  api = await ApiClient.start();
  for (let i = 0; i < count; i++) await make(i);
});
after(() => api.stop());

function make(i: number) {
  const labels = i % 5 === 0 ? {} : { app: app(i) };
  const metadata = { name: `s${String(i).padStart(2, '0')}`, labels };
  return api.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, type: type(i) });
}

const name = (i: number): string => `s${String(i).padStart(2, '0')}`;
const those = (wanted: (i: number) => boolean, upTo = count): string[] =>
  Array.from({ length: upTo }, (_, i) => i)
    .filter(wanted)
    .map(name);

async function listed(query: string): Promise<string[]> {
  const { body } = await api.get(`${secrets}?${query}`);
  return body.items.map((item: { metadata: { name: string } }) => item.metadata.name);
}

const labelled = (i: number): boolean => i % 5 !== 0;
const questions: [query: string, wanted: (i: number) => boolean][] = [
  ['labelSelector=app=a', (i) => labelled(i) && app(i) === 'a'],
  ['labelSelector=app+in+(a,b)', (i) => labelled(i) && app(i) !== ''],
  ['labelSelector=app=', (i) => labelled(i) && app(i) === ''],
  ['labelSelector=app=none', () => false],
  ['labelSelector=app', labelled],
  ['labelSelector=!app', (i) => !labelled(i)],
  ['labelSelector=app!=a', (i) => !labelled(i) || app(i) !== 'a'],
  ['labelSelector=app=a,app!=b,app', (i) => labelled(i) && app(i) === 'a'],
  ['fieldSelector=type=example/rare', (i) => type(i) === 'example/rare'],
  ['fieldSelector=type!=example/rare', (i) => type(i) !== 'example/rare'],
  [
    'fieldSelector=type=example/rare&labelSelector=app=a',
    (i) => type(i) === 'example/rare' && labelled(i) && app(i) === 'a',
  ],
  ['fieldSelector=metadata.name=s07', (i) => i === 7],
  ['fieldSelector=metadata.name=s07&labelSelector=app=none', () => false],
  ['fieldSelector=metadata.name=s07,metadata.name!=s07', () => false],
];

test('every selector gives the same the first and the tenth time', async () => {
  for (let again = 0; again < 4; again++) {
    for (const [query, wanted] of questions) {
      assert.deepEqual(await listed(query), those(wanted), `${query}, time ${again}`);
    }
  }
});

test('pages through an index are those without, and follow what is written', async () => {
  const pages = async (query: string): Promise<string[]> => {
    const found: string[] = [];
    let token = '';
    do {
      const { body } = await api.get(`${secrets}?${query}&limit=4&continue=${token}`);
      found.push(...body.items.map((item: { metadata: { name: string } }) => item.metadata.name));
      token = body.metadata.continue ?? '';
      assert.equal(body.metadata.remainingItemCount, undefined);
    } while (token !== '');
    return found;
  };
  const rare = (i: number): boolean => type(i) === 'example/rare';
  assert.deepEqual(await pages('fieldSelector=type=example/rare'), those(rare));
  await make(count);
  await api.ask('DELETE', `${secrets}/${name(0)}`);
  const left = those(rare, count + 1).slice(1);
  assert.deepEqual(await pages('fieldSelector=type=example/rare'), left);
  await api.ask('PATCH', `${secrets}/${name(1)}`, {
    body: { metadata: { labels: { app: 'a' } } },
    type: 'application/merge-patch+json',
  });
  const apps = (await listed('labelSelector=app=a')).slice(0, 2);
  assert.deepEqual(apps, [name(1), name(3)]);
});
