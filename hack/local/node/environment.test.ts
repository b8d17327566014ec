import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../../object/object.ts';
import { type ContainerSpec, containerEnvironment, expand } from './environment.ts';

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-0', namespace: 'default', labels: { app: 'web' }, uid: 'u' },
  spec: { nodeName: 'local-1' },
};
const secret: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  data: { key: Buffer.from('hidden').toString('base64') },
};
const sources = {
  pod,
  podIP: '10.244.1.2',
  hostIP: '10.244.0.11',
  allocatable: { cpu: '2' },
  secret: (name: string) => (name === 's' ? secret : undefined),
  configMap: () => undefined,
};

const environmentOf = (more: Partial<ContainerSpec>) =>
  containerEnvironment({ name: 'c', image: 'busybox', ...more }, sources, { PATH: '/bin' });

test('$(NAME) is expanded, $$ is a dollar, an unknown name stays as it is', () => {
  const environment = { A: '1', B_2: 'two' };
  assert.equal(expand('$(A)-$(B_2)-$(C)-$$(A)-$A-$', environment), '1-two-$(C)-$(A)-$A-$');
});

test('what was expanded is not expanded again', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      assert.equal(expand('<$(A)>', { A: value }), `<${value}>`);
    }),
  );
});

test('variables see those before them, and may name fields and keys', () => {
  const environment = environmentOf({
    env: [
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'URL', value: 'https://$(NAME).$(LABEL):$(LATER)' },
      { name: 'LATER', value: 'x' },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'key' } } },
      { name: 'GONE', valueFrom: { secretKeyRef: { name: 'n', key: 'key', optional: true } } },
    ],
    envFrom: [{ prefix: 'S_', secretRef: { name: 's' } }],
  });
  assert.deepEqual(environment, {
    PATH: '/bin',
    S_key: 'hidden',
    NAME: 'web-0',
    LABEL: 'web',
    CPU: '2',
    URL: 'https://web-0.web:$(LATER)',
    LATER: 'x',
    KEY: 'hidden',
  });
});

test('what is missing or not supported is named', () => {
  const from = (valueFrom: object) => () => environmentOf({ env: [{ name: 'X', valueFrom }] });
  assert.throws(from({ secretKeyRef: { name: 's', key: 'other' } }), {
    message: "couldn't find key other in secret s",
  });
  assert.throws(from({ configMapKeyRef: { name: 'c', key: 'k' } }), {
    message: 'configmap "c" not found',
  });
  assert.throws(from({ fieldRef: { fieldPath: 'spec.replicas' } }), /unsupported fieldPath/);
  assert.throws(from({ fileKeyRef: { key: 'k' } }), /fileKeyRef is not supported/);
});
