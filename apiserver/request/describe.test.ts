import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRequest } from './describe.ts';

function told(method: string, url: string): string {
  const [path = '', query = ''] = url.split('?');
  const i = describeRequest(method, path, new URLSearchParams(query));
  if (!i.isResourceRequest) return `${i.verb} ${i.path}`;
  return [i.verb, i.group, i.version, i.namespace, i.resource, i.name, i.subresource].join('|');
}

test('method and URL become what upstream makes of them', () => {
  const cases: [string, string, string][] = [
    ['GET', '/', 'get /'],
    ['GET', '/api', 'get /api'],
    ['GET', '/api/v1', 'get /api/v1'],
    ['GET', '/apis/apps/v1', 'get /apis/apps/v1'],
    ['POST', '/healthz', 'post /healthz'],
    ['GET', '/api/v1/namespaces', 'list||v1||namespaces||'],
    ['GET', '/api/v1/namespaces/a', 'get||v1|a|namespaces|a|'],
    ['PUT', '/api/v1/namespaces/a/finalize', 'update||v1|a|namespaces|a|finalize'],
    ['GET', '/api/v1/namespaces/a/pods', 'list||v1|a|pods||'],
    ['GET', '/api/v1/namespaces/a/pods/p/log', 'get||v1|a|pods|p|log'],
    ['GET', '/api/v1/pods?watch=true', 'watch||v1||pods||'],
    ['GET', '/api/v1/pods?watch=0', 'list||v1||pods||'],
    ['GET', '/api/v1/pods?watch', 'watch||v1||pods||'],
    ['GET', '/api/v1/pods?watch=False', 'list||v1||pods||'],
    ['GET', '/api/v1/namespaces/a/pods/b%2Flog', 'get||v1|a|pods|b|log'],
    ['GET', '/api/v1/namespaces/a/pods/%ff', 'get||v1|a|pods|\ufffd|'],
    ['GET', '/api/v1/watch/namespaces/a/pods', 'watch||v1|a|pods||'],
    [
      'DELETE',
      '/apis/apps/v1/namespaces/a/deployments',
      'deletecollection|apps|v1|a|deployments||',
    ],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/a/deployments/d/scale',
      'patch|apps|v1|a|deployments|d|scale',
    ],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dp1', 'list||v1||pods|p1|'],
    [
      'GET',
      '/api/v1/pods?fieldSelector=metadata.namespace%3Da,metadata.name%3Dp',
      'list||v1||pods|p|',
    ],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%21%3Dp1', 'list||v1||pods||'],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3D..', 'list||v1||pods||'],
    [
      'GET',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      'get|rbac.authorization.k8s.io|v1||clusterroles|system:node|',
    ],
  ];
  for (const [method, url, want] of cases)
    assert.equal(told(method, url), want, `${method} ${url}`);
});
