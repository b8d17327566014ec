import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from './api-client.ts';

/** Fields of built-in kinds stand in answers where upstream's encoder has them, however they were sent. */
let api: ApiClient;

before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const orderOf = (value: unknown): string =>
  typeof value !== 'object' || value === null ? '' : Object.keys(value).join(' ');

const containers = [{ image: 'i', resources: { limits: { memory: '1', cpu: '1' } }, name: 'c' }];

test('of what was created, and what is read', async () => {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  stored(await api.create(accounts, { metadata: { name: 'default' } }), 201);
  const pods = '/api/v1/namespaces/default/pods';
  const metadata = { labels: { b: '', a: '' }, name: 'made' };
  const sent = { spec: { nodeName: 'n', containers }, metadata, apiVersion: 'v1', kind: 'Pod' };
  const answers = [await api.create(pods, sent), await api.get(`${pods}/made`)];
  for (const answer of answers) {
    const made = stored(answer, answer === answers[0] ? 201 : 200);
    assert.equal(orderOf(made), 'kind apiVersion metadata spec status');
    assert.match(
      orderOf(made.metadata),
      /^name namespace uid resourceVersion (generation )?creationTimestamp labels managedFields$/,
    );
    assert.equal(orderOf(made.metadata.labels), 'a b');
    assert.match(orderOf(made['spec']), /^(volumes )?containers restartPolicy .* nodeName /);
    const [container] = made['spec'].containers;
    assert.match(orderOf(container), /^name image resources .*imagePullPolicy$/);
    assert.equal(orderOf(container.resources.limits), 'cpu memory');
  }
});

test('of what was patched', async () => {
  const path = '/api/v1/namespaces/default/configmaps/changed';
  const body = { data: { z: '1' }, metadata: { name: 'changed' } };
  stored(await api.create('/api/v1/namespaces/default/configmaps', body), 201);
  const change = { immutable: false, data: { a: '2' }, metadata: { annotations: { x: 'y' } } };
  const patched = stored(await api.patch(path, 'merge', change));
  assert.equal(orderOf(patched), 'kind apiVersion metadata immutable data');
  assert.equal(orderOf(patched['data']), 'a z');
});

test('of what is refused', async () => {
  const path = '/apis/apps/v1/namespaces/default/deployments';
  const deployment = (name: string, selector: object, labels: object) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector, template: { spec: { containers }, metadata: { labels } } },
  });
  const other = deployment('other', { matchLabels: { b: '1' } }, { d: '1', c: '1' });
  refused(
    await api.create(path, other),
    422,
    'Invalid',
    'Deployment.apps "other" is invalid: spec.template.metadata.labels: Invalid value: {"c":"1","d":"1"}: `selector` does not match template `labels`',
  );
  const kept = deployment('kept', { matchLabels: { b: '1' } }, { b: '1' });
  stored(await api.create(path, kept), 201);
  const more = { a: '1' };
  const spec = { selector: { matchLabels: more }, template: { metadata: { labels: more } } };
  refused(
    await api.patch(`${path}/kept`, 'merge', { spec }),
    422,
    'Invalid',
    'Deployment.apps "kept" is invalid: spec.selector: Invalid value: {"matchLabels":{"a":"1","b":"1"}}: field is immutable',
  );
});

test('of another version, of a list, and of what is not stored', async () => {
  const hpas = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
  const spec = {
    targetCPUUtilizationPercentage: 50,
    maxReplicas: 3,
    scaleTargetRef: { name: 'a', apiVersion: 'apps/v1', kind: 'B' },
  };
  stored(await api.create(hpas, { spec, metadata: { name: 'hpa' } }), 201);
  const listed = stored(await api.get(hpas))['items'][0];
  assert.equal(
    orderOf(listed.spec),
    'scaleTargetRef minReplicas maxReplicas targetCPUUtilizationPercentage',
  );
  const review = { spec: { user: 'u', resourceAttributes: { verb: 'get', namespace: 'n' } } };
  const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const answer = stored(await api.create(reviews, review), 201);
  assert.equal(orderOf(answer['spec']), 'resourceAttributes user');
  assert.equal(orderOf(answer['spec'].resourceAttributes), 'namespace verb');
});
