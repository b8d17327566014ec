import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import { prepareVolume, type VolumeSources, writeAtomically } from './volumes.ts';

const base = mkdtempSync(join(tmpdir(), 'quorate-volumes-'));
after(() => rmSync(base, { recursive: true, force: true }));

let folder = '';
let count = 0;
beforeEach(() => {
  count += 1;
  folder = join(base, String(count));
});

const encoded = (text: string) => Buffer.from(text).toString('base64');
const object = (kind: string, name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  data,
});
const secrets: Record<string, KubeObject> = {
  tls: object('Secret', 'tls', { 'tls.crt': encoded('certificate'), 'tls.key': encoded('key') }),
};
const sources: VolumeSources = {
  pod: object('Pod', 'web-0', {}),
  podIP: '10.244.1.2',
  hostIP: '10.244.0.11',
  allocatable: { memory: '1Gi' },
  secret: (name) => secrets[name],
  configMap: (name) =>
    name === 'settings' ? object('ConfigMap', name, { 'a.conf': 'a=1' }) : undefined,
  claimFolder: () => undefined,
  token: async ({ audience = 'api', expirationSeconds }) => `${audience} ${expirationSeconds}`,
};

const prepare = (volume: object) => prepareVolume({ name: 'v', ...volume }, folder, sources);
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const visible = () => readdirSync(folder).filter((name) => !name.startsWith('..'));

test('a projected volume brings files of many objects together, with their modes', async () => {
  await prepare({
    projected: {
      defaultMode: 0o440,
      sources: [
        {
          secret: { name: 'tls', items: [{ key: 'tls.key', path: 'pki/server.key', mode: 0o400 }] },
        },
        { configMap: { name: 'settings' } },
        { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
        { serviceAccountToken: { audience: 'vault', expirationSeconds: 600, path: 'token' } },
        { secret: { name: 'absent', optional: true } },
      ],
    },
  });
  assert.deepEqual(visible().sort(), ['a.conf', 'name', 'pki', 'token']);
  assert.deepEqual(['pki/server.key', 'a.conf', 'name', 'token'].map(read), [
    'key',
    'a=1',
    'web-0',
    'vault 600',
  ]);
  assert.equal(statSync(join(folder, 'pki/server.key')).mode & 0o777, 0o400);
  assert.equal(statSync(join(folder, 'a.conf')).mode & 0o777, 0o440);
});

test('what is missing is named', async () => {
  await assert.rejects(prepare({ secret: { secretName: 'absent' } }), {
    message: 'secret "absent" not found',
  });
  const items = [{ key: 'none', path: 'x' }];
  await assert.rejects(prepare({ secret: { secretName: 'tls', items } }), {
    message: 'references non-existent secret key: none',
  });
  await assert.rejects(prepare({ nfs: { server: 'x' } }), /nfs is not supported/);
  await assert.rejects(prepare({ persistentVolumeClaim: { claimName: 'c' } }), /is not bound/);
});

const files = (content: Record<string, string>) =>
  new Map(Object.entries(content).map(([k, v]) => [k, { bytes: Buffer.from(v), mode: 0o644 }]));

test('all files change in one step: a reader that is in the old generation stays whole', async () => {
  await prepare({ emptyDir: {} });
  writeAtomically(folder, files({ a: '1', b: '1' }));
  const generation = readlinkSync(join(folder, '..data'));
  assert.equal(read('a'), '1');
  writeAtomically(folder, files({ a: '2', b: '2', c: '2' }));
  assert.notEqual(readlinkSync(join(folder, '..data')), generation);
  assert.deepEqual(['a', 'b', 'c'].map(read), ['2', '2', '2']);
  writeAtomically(folder, files({ a: '3' }));
  assert.deepEqual(visible(), ['a']);
  const generations = readdirSync(folder).filter((n) => n.startsWith('..') && n !== '..data');
  assert.equal(generations.length, 1, 'old generations are removed');
});

test('the same content is not written again', async () => {
  await prepare({ emptyDir: {} });
  writeAtomically(folder, files({ a: '1', 'deep/b': '2' }));
  const before = readlinkSync(join(folder, '..data'));
  writeAtomically(folder, files({ a: '1', 'deep/b': '2' }));
  assert.equal(readlinkSync(join(folder, '..data')), before);
});

test('an empty folder may be written by all; what a container may use is told in its unit', async () => {
  await prepare({ emptyDir: {} });
  assert.equal(statSync(folder).mode & 0o777, 0o777);
  sources.pod['spec'] = { containers: [{ name: 'c', resources: { limits: { cpu: '1250m' } } }] };
  folder = `${folder}-resources`;
  const item = (path: string, resource: string, divisor: string) => ({
    path,
    resourceFieldRef: { containerName: 'c', resource, divisor },
  });
  const items = [item('cpu', 'limits.cpu', '1m'), item('memory', 'limits.memory', '1Mi')];
  await prepare({ downwardAPI: { items } });
  assert.deepEqual([read('cpu'), read('memory')], ['1250', '1024']);
});
