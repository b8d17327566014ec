import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, type Reply } from './api-client.ts';

let api: ApiClient;
const configMaps = '/api/v1/namespaces/default/configmaps';

before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const configMap = (name: string, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
});

function ok(reply: Reply, code = 200) {
  assert.equal(reply.code, code, reply.text);
  return reply.body;
}

async function revision(): Promise<string> {
  return ok(await api.get(`${configMaps}?limit=1`)).metadata.resourceVersion;
}

const template = {
  metadata: { name: 't1' },
  template: {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  },
};

test('changes come in order, deletes with the last state', async () => {
  const stream = await api.watch(`${configMaps}?watch=true&resourceVersion=${await revision()}`);
  const made = ok(await api.create(configMaps, configMap('w1')), 201);
  await api.patch(`${configMaps}/w1`, 'merge', { data: { a: '1' } });
  await api.delete(`${configMaps}/w1`);
  assert.deepEqual((await stream.next()).object, made);
  assert.equal((await stream.next()).type, 'MODIFIED');
  const gone = await stream.next();
  assert.equal(gone.type, 'DELETED');
  assert.deepEqual(gone.object.data, { a: '1' });
  assert.ok(Number(gone.object.metadata.resourceVersion) > Number(made.metadata.resourceVersion));
  stream.close();
});

test('without a version the state now comes first', async () => {
  const labels = { state: 'yes' };
  await api.create(configMaps, configMap('s1', labels));
  for (const version of ['', '&resourceVersion=0']) {
    const stream = await api.watch(`${configMaps}?watch=1&labelSelector=state${version}`);
    assert.deepEqual(await stream.names(1), ['ADDED s1']);
    stream.close();
  }
});

test('the path of old is for one object', async () => {
  await api.create(configMaps, configMap('o1', { one: 'yes' }));
  await api.create(configMaps, configMap('o2', { one: 'yes' }));
  const path = '/api/v1/watch/namespaces/default/configmaps/o2';
  const old = await api.watch(path);
  await api.create(configMaps, configMap('o3'));
  await api.patch(`${configMaps}/o2`, 'merge', { data: { a: 'b' } });
  assert.deepEqual(await old.names(2), ['ADDED o2', 'MODIFIED o2']);
  old.close();
  const space = await api.watch('/api/v1/watch/namespaces/default');
  assert.deepEqual(await space.names(1), ['ADDED default']);
  space.close();
  for (const selector of ['metadata.name%3Do1', 'metadata.name!%3Do1']) {
    const { code, body } = await api.get(`${path}?fieldSelector=${selector}`);
    const message = "fieldSelector metadata.name doesn't match requested name";
    assert.deepEqual([code, body.message], [400, message]);
  }
  const types = (await api.get(path, { accept: 'text/html' })).body.message;
  assert.match(types, /application\/json;stream=watch, application\/vnd.kubernetes.protobuf;/);
});

test('whoever creates the first object that is looked at can watch from there', async () => {
  const quotas = '/api/v1/namespaces/default/resourcequotas';
  const made = ok(await api.create('/api/v1/namespaces/default/podtemplates', template), 201);
  ok(await api.create(quotas, { metadata: { name: 'q' } }), 201);
  ok(
    await api.create('/api/v1/namespaces/default/podtemplates', {
      ...template,
      metadata: { name: 't2' },
    }),
    201,
  );
  const stream = await api.watch(
    `/api/v1/namespaces/default/podtemplates?watch=1&resourceVersion=${made.metadata.resourceVersion}`,
  );
  assert.deepEqual(await stream.names(1), ['ADDED t2']);
  stream.close();
});

test('entering a selection is ADDED, leaving it DELETED', async () => {
  const stream = await api.watch(
    `${configMaps}?watch=1&labelSelector=in%3Dyes&resourceVersion=${await revision()}`,
  );
  await api.create(configMaps, configMap('sel', { in: 'no' }));
  await api.patch(`${configMaps}/sel`, 'merge', { metadata: { labels: { in: 'yes' } } });
  await api.patch(`${configMaps}/sel`, 'merge', { data: { a: '1' } });
  await api.patch(`${configMaps}/sel`, 'merge', { metadata: { labels: { in: 'no' } } });
  await api.patch(`${configMaps}/sel`, 'merge', { data: { a: '2' } });
  await api.create(configMaps, configMap('end', { in: 'yes' }));
  assert.deepEqual(await stream.names(4), [
    'ADDED sel',
    'MODIFIED sel',
    'DELETED sel',
    'ADDED end',
  ]);
  stream.close();
});

test('initial events end with a bookmark', async () => {
  const stream = await api.watch(
    `${configMaps}?watch=1&labelSelector=state&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
  );
  assert.equal((await stream.next()).object.metadata.name, 's1');
  const bookmark = await stream.next();
  assert.equal(bookmark.type, 'BOOKMARK');
  assert.equal(bookmark.object.kind, 'ConfigMap');
  assert.equal(bookmark.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
  assert.match(bookmark.object.metadata.resourceVersion, /^[0-9]+$/);
  await api.create(configMaps, configMap('after', { state: 'yes' }));
  assert.deepEqual(await stream.names(1), ['ADDED after']);
  stream.close();
  for (const [query, message] of [
    ['sendInitialEvents=true', /sendInitialEvents requires setting resourceVersionMatch/],
    ['resourceVersionMatch=NotOlderThan', /resourceVersionMatch is forbidden for watch unless/],
    [
      'resourceVersionMatch=Exact&continue=x',
      /: \[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan", resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided\]$/,
    ],
  ] as const) {
    const reply = await api.get(`${configMaps}?watch=1&${query}`);
    assert.equal(reply.code, 422, reply.text);
    assert.match(reply.body.message, message);
  }
});

test('a watch that begins with the state has asked for initial events', async () => {
  for (const version of ['', '&resourceVersion=0']) {
    const at = `${configMaps}?watch=1&labelSelector=none${version}`;
    const stream = await api.watch(`${at}&allowWatchBookmarks=true`);
    const { object } = await stream.next();
    assert.deepEqual(object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
    stream.close();
    const paged = await api.get(`${at}&continue=x`);
    assert.match(paged.body.message, /is forbidden when continue is provided$/);
  }
});

test('a time limit longer than a timer takes is no limit of none', async () => {
  const from = await revision();
  const stream = await api.watch(
    `${configMaps}?watch=1&resourceVersion=${from}&timeoutSeconds=9223372036`,
  );
  await api.create(configMaps, configMap('long'));
  assert.deepEqual(await stream.names(1), ['ADDED long']);
  stream.close();
});

test('a time limit below zero is over at once; a wrong version is told before a wrong media type', async () => {
  for (const seconds of ['-1', '9223372037', '%2B9223372037']) {
    const stream = await api.watch(`${configMaps}?watch=1&timeoutSeconds=${seconds}`);
    assert.deepEqual([stream.code, await stream.next()], [200, undefined]);
  }
  const yaml = { accept: 'application/yaml' };
  const noVersion = await api.get(`${configMaps}?watch=1&resourceVersion=abc`, yaml);
  assert.deepEqual([noVersion.code, /strconv\.ParseUint/.test(noVersion.text)], [500, true]);
  assert.equal((await api.get(`${configMaps}?watch=1&resourceVersion=1`, yaml)).code, 406);
});

test('a bookmark is an object of its kind in which nothing is set', async () => {
  const initial =
    'watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
  const bookmarkOf = async (path: string, accept?: string) => {
    const stream = await api.watch(`${path}?${initial}`, accept === undefined ? {} : { accept });
    for (;;) {
      const event = await stream.next();
      if (event.type !== 'BOOKMARK') continue;
      stream.close();
      return event.object;
    }
  };
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  const pod = await bookmarkOf('/api/v1/pods');
  const { resourceVersion } = pod.metadata;
  assert.deepEqual(pod, {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { resourceVersion, annotations },
    spec: { containers: null },
    status: {},
  });
  const partial = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
  const metadata = await bookmarkOf('/apis/apps/v1/deployments', partial);
  assert.deepEqual(Object.keys(metadata).sort(), ['apiVersion', 'kind', 'metadata']);
  // a kind that is served in another version than it is stored in
  const autoscaler = await bookmarkOf('/apis/autoscaling/v1/horizontalpodautoscalers');
  assert.deepEqual(autoscaler.spec, { maxReplicas: 0, scaleTargetRef: { kind: '', name: '' } });
});

test('a watch of old, which begins with the state now, tells its end too', async () => {
  for (const query of ['', '&resourceVersion=0']) {
    const stream = await api.watch(
      `${configMaps}?watch=1&labelSelector=state&allowWatchBookmarks=true${query}`,
    );
    let event = await stream.next();
    while (event.type === 'ADDED') event = await stream.next();
    assert.deepEqual(
      [event.type, event.object.metadata.annotations],
      ['BOOKMARK', { 'k8s.io/initial-events-end': 'true' }],
    );
    stream.close();
  }
  const silent = await api.watch(`${configMaps}?watch=1&timeoutSeconds=1&labelSelector=none`);
  assert.equal(await silent.next(), undefined);
});

test('a watch of old is of the one object that its path names', async () => {
  const of = '/api/v1/watch/namespaces/default/configmaps/one';
  await api.create(configMaps, configMap('another'));
  await api.create(configMaps, configMap('one'));
  const stream = await api.watch(`${of}?fieldSelector=metadata.name%3Done`);
  assert.deepEqual(await stream.names(1), ['ADDED one']);
  await api.patch(`${configMaps}/another`, 'merge', { data: { a: '1' } });
  await api.patch(`${configMaps}/one`, 'merge', { data: { a: '1' } });
  assert.deepEqual(await stream.names(1), ['MODIFIED one']);
  stream.close();
  const other = await api.get(`${of}?fieldSelector=metadata.name%3Danother`);
  assert.deepEqual(
    [other.code, other.body.message],
    [400, "fieldSelector metadata.name doesn't match requested name"],
  );
});

test('initial events of a version that never comes end in an error of the stream', async () => {
  const future = Number(await revision()) + 1_000_000;
  const at = `${configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=${future}`;
  for (const bookmarks of ['', '&allowWatchBookmarks=true']) {
    const stream = await api.watch(at + bookmarks);
    assert.equal(stream.code, 200);
    const { type, object } = await stream.next();
    assert.equal(type, 'ERROR');
    assert.equal(object.code, 504);
    assert.match(object.message, /^Timeout: Too large resource version: [0-9]+, current: [0-9]+$/);
    assert.equal(await stream.next(), undefined);
  }
});

test('a watch ends in time, with a bookmark before where it says something new', async () => {
  const at = `${configMaps}?watch=1&timeoutSeconds=3&allowWatchBookmarks=true`;
  const [quiet, none, busy] = await Promise.all([
    api.watch(`${at.replace('3', '1')}&resourceVersion=${await revision()}&labelSelector=none`),
    api.watch(`${at}&resourceVersion=${Number(await revision()) + 1_000}`),
    api.watch(`${at}&resourceVersion=${await revision()}&labelSelector=none`),
  ]);
  const made = await api.create(configMaps, configMap('noted'));
  const { type, object } = await busy.next();
  assert.deepEqual(
    [type, Number(object.metadata.resourceVersion) >= Number(made.body.metadata.resourceVersion)],
    ['BOOKMARK', true],
  );
  // one or two: due with its second, and again while its time has not come
  const again = await busy.next();
  if (again !== undefined) assert.equal(again.type, 'BOOKMARK');
  // one is too short for any, the other knows a version that is to come
  for (const stream of [quiet, none]) assert.equal(await stream.next(), undefined);
});

test('a bookmark follows that of the end of the state as soon as there is news', async () => {
  const stream = await api.watch(`${configMaps}?watch=1&allowWatchBookmarks=true&labelSelector=no`);
  const end = (await stream.next()).object.metadata;
  assert.deepEqual(end.annotations, { 'k8s.io/initial-events-end': 'true' });
  await api.create(configMaps, configMap('news'));
  const { metadata } = (await stream.next()).object;
  assert.equal(metadata.annotations, undefined);
  assert.ok(Number(metadata.resourceVersion) > Number(end.resourceVersion));
  stream.close();
});

test('versions too old and too new', async () => {
  // of a kind that the server itself does not read: it is listed when somebody first asks
  const old = await api.watch('/api/v1/namespaces/default/podtemplates?watch=1&resourceVersion=1');
  assert.equal(old.code, 200);
  const event = await old.next();
  assert.equal(event.type, 'ERROR');
  assert.equal(event.object.code, 410);
  assert.equal(event.object.reason, 'Expired');
  assert.match(event.object.message, /^too old resource version: 1 \(\d+\)$/);
  assert.equal(await old.next(), undefined);
  const bad = await api.get(`${configMaps}?watch=1&resourceVersion=x`);
  assert.equal(bad.code, 500);
  assert.equal(
    bad.body.message,
    'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
  );
});

test('a version that is not there yet is waited for in the stream', async () => {
  const now = Number(await revision());
  const stream = await api.watch(`${configMaps}?watch=1&resourceVersion=${now + 1}`);
  assert.equal(stream.code, 200);
  await api.create(configMaps, configMap('skipped'));
  await api.create(configMaps, configMap('seen'));
  assert.deepEqual(await stream.names(1), ['ADDED seen']);
  stream.close();
});

test('without initial events a watch begins now', async () => {
  const stream = await api.watch(
    `${configMaps}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`,
  );
  await api.create(configMaps, configMap('first-seen'));
  assert.deepEqual(await stream.names(1), ['ADDED first-seen']);
  stream.close();
});

test('tables and metadata stream too', async () => {
  const table = await api.watch(`${configMaps}?watch=1&labelSelector=state`, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  });
  const first = (await table.next()).object;
  const second = (await table.next()).object;
  assert.equal(first.kind, 'Table');
  assert.equal(first.columnDefinitions.length, 3);
  assert.equal(second.columnDefinitions, null);
  assert.equal(first.rows.length, 1);
  table.close();
  const partial = await api.watch(`${configMaps}?watch=1&labelSelector=state`, {
    accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json',
  });
  assert.equal((await partial.next()).object.kind, 'PartialObjectMetadata');
  partial.close();
  const yaml = await api.get(`${configMaps}?watch=1`, { accept: 'application/yaml' });
  assert.equal(yaml.code, 406);
});

test('a server that stops ends its watches', async () => {
  const own = await ApiClient.start();
  const stream = await own.watch(`${configMaps}?watch=1`);
  await own.stop();
  await stream.end();
  assert.ok(stream.ended);
  assert.ok(stream.text === '' || stream.text.endsWith('\n'));
});
