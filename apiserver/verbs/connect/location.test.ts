import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import {
  type Endpoints,
  isGlobalUnicast,
  podBackend,
  serviceBackend,
  servicePortName,
  splitProxyName,
} from './location.ts';

const name = (id: string) => {
  const found = splitProxyName(id);
  if (found === undefined) throw new Error(`${id} is no name`);
  return found;
};
const pod = (ip: string, ...ports: number[]) =>
  ({
    metadata: { name: 'web' },
    spec: { containers: [{}, { ports: ports.map((containerPort) => ({ containerPort })) }] },
    status: { podIPs: [{ ip }] },
  }) as unknown as KubeObject;
const where = ({ scheme, host, port }: { scheme: string; host: string; port: number }) =>
  `${scheme}://${host}:${port}`;

test('a name may carry scheme and port', () => {
  assert.deepEqual(splitProxyName('web'), { scheme: '', name: 'web', port: '' });
  assert.deepEqual(splitProxyName('web:80'), { scheme: '', name: 'web', port: '80' });
  assert.deepEqual(splitProxyName('https:web:'), { scheme: 'https', name: 'web', port: '' });
  for (const wrong of ['', ':80', 'ftp:web:80', 'a:b:c:d']) {
    assert.equal(splitProxyName(wrong), undefined, wrong);
  }
});

test('a pod: the port asked for, else its first, else that of the scheme', () => {
  assert.equal(where(podBackend(pod('10.1.2.3', 8080), name('web:99'))), 'http://10.1.2.3:99');
  assert.equal(where(podBackend(pod('10.1.2.3', 8080, 1), name('web'))), 'http://10.1.2.3:8080');
  assert.equal(where(podBackend(pod('10.1.2.3'), name('https:web:'))), 'https://10.1.2.3:443');
  for (const ip of ['', '127.0.0.1', '169.254.169.254', '::1', '0.0.0.0', '224.0.0.1', 'fe80::1']) {
    assert.throws(() => podBackend(pod(ip), name('web')), { message: 'address not allowed' }, ip);
    assert.equal(isGlobalUnicast(ip), false);
  }
  const unknown = 'error trying to reach service: dial tcp: lookup tcp/http: unknown port';
  assert.throws(() => podBackend(pod('10.1.2.3'), name('web:http')), { message: unknown });
});

test('a service: a ready address whose pod still has it, on the port of that name', async () => {
  const ref = (podName: string) => ({ kind: 'Pod', namespace: 'default', name: podName });
  const endpoints: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'web', namespace: 'default' },
    subsets: [
      {
        addresses: [
          { ip: '10.0.0.1', targetRef: ref('moved') },
          { ip: '10.0.0.2', targetRef: ref('here') },
          { ip: '10.0.0.3' },
        ],
        ports: [{ name: 'http', port: 8080 }],
      },
    ],
  };
  const podIPs = async (_namespace: string, podName: string) =>
    podName === 'here' ? ['10.0.0.2'] : ['10.9.9.9'];
  for (let turn = 0; turn < 10; turn++) {
    const found = await serviceBackend(endpoints, name('https:web:http'), 'https:web:http', podIPs);
    assert.equal(where(found), 'https://10.0.0.2:8080');
  }
  const none = (told: string) => ({
    code: 503,
    message: `no endpoints available for service "${told}"`,
  });
  const back = (from: typeof endpoints, id: string) => serviceBackend(from, name(id), id, podIPs);
  await assert.rejects(back(endpoints, 'web'), none('web'));
  await assert.rejects(back(endpoints, 'http:web:x'), none('http:web:x'));
  await assert.rejects(back({ ...endpoints, subsets: [] }, 'web:http'), none('web'));
});

test('the number of a service port means its name', () => {
  const ports = [{ name: 'http', port: 80 }, { port: 81 }];
  const service = { metadata: { name: 'web' }, spec: { ports } } as unknown as KubeObject;
  assert.equal(servicePortName(service, '80'), 'http');
  assert.equal(servicePortName(service, '81'), '');
  const text = 'no service port 82 found for service "web"';
  assert.throws(() => servicePortName(service, '82'), { code: 503, message: text });
});
