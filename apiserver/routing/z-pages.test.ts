import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused } from '../verbs/api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const asked = (kind: string, version = 'v1beta1', type = 'application/json') =>
  `${type};g=config.k8s.io;v=${version};as=${kind}`;

test('flagz and statusz are text, but for who asks for their object', async () => {
  for (const accept of ['', 'text/plain', '*/*', `${asked('Flagz', 'v9')},*/*`]) {
    const { text, headers } = await api.get('/flagz', { accept });
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    assert.match(
      text,
      /^\nkube-apiserver flagz\nWarning: This endpoint is not meant to be machine/,
    );
    assert.match(text, /\n\nadmission-control[:= ].*\n(.*\n)*bind-address(:|: |=| )127\.0\.0\.1\n/);
  }
  const flags = await api.get('/flagz', { accept: asked('Flagz') });
  assert.equal(flags.headers['content-type'], 'application/json');
  assert.equal(flags.headers['warning'], undefined);
  const { kind, apiVersion, metadata } = flags.body;
  assert.deepEqual(
    [kind, apiVersion, metadata],
    ['Flagz', 'config.k8s.io/v1beta1', { name: 'kube-apiserver' }],
  );
  assert.equal(flags.body.flags['authorization-mode'], '[Node,RBAC]');
  assert.equal(flags.body.flags['request-timeout'], '1m0s');

  const { text } = await api.get('/statusz');
  assert.match(
    text,
    /^\nkube-apiserver statusz\nWarning: .*\n\nStarted:?=? +[A-Z][a-z]{2} [A-Z][a-z]{2} [ 1-3][0-9] [0-9:]{8} UTC [0-9]{4}\nUp:?=? +0 hr 0[0-9] min [0-9]{2} sec\nGo version:?=? +node v/,
  );
  const old = await api.get('/statusz', { accept: asked('Statusz', 'v1alpha1') });
  assert.equal(
    old.headers['warning'],
    '299 - "This version of the statusz endpoint is deprecated. Please use a newer version."',
  );
  assert.equal(old.body.apiVersion, 'config.k8s.io/v1alpha1');
  assert.equal(old.body.emulationVersion, '1.36');
  assert.deepEqual(old.body.paths, [
    '/flagz',
    '/healthz',
    '/livez',
    '/metrics',
    '/readyz',
    '/statusz',
    '/version',
  ]);
  const yaml = await api.get('/statusz', {
    accept: asked('Statusz', 'v1beta1', 'application/yaml'),
  });
  assert.match(yaml.text, /^apiVersion: config.k8s.io\/v1beta1\n/);
});

test('an object is not had without its kind, and nothing without the right to it', async () => {
  for (const accept of ['application/json', 'application/xml', asked('Flagz')]) {
    refused(
      await api.get('/statusz', { accept }),
      406,
      'NotAcceptable',
      'only the following media types are accepted: application/json, application/yaml, text/plain',
    );
  }
  const stranger = { headers: { authorization: '' } };
  assert.equal((await api.get('/flagz', stranger)).code, 403);
  assert.ok((await api.get('/')).body.paths.includes('/statusz'));
});
