import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decodeStoredProtobuf } from '../schema/protobuf.ts';
import { silent } from '../log/log.ts';
import { issueAuthority } from '../pki/certificate.ts';
import { Registry } from '../metrics/registry.ts';
import { storedForm } from './stored-form.ts';
import { MemoryStore } from './storage/memory.ts';
import { SqliteStore } from './storage/sqlite.ts';
import { ApiClient } from './verbs/api-client.ts';

/** What lies in the store, and that it is read back, when the flags about its form change. */
const folder = mkdtempSync(join(tmpdir(), 'quorate-form-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function withServer(
  name: string,
  flags: Record<string, string>,
  use: (api: ApiClient) => Promise<void>,
): Promise<void> {
  const api = await ApiClient.start({ store: { sqlite: join(folder, name) }, flags });
  try {
    await use(api);
  } finally {
    await api.stop();
  }
}

async function stored(name: string, key: string): Promise<Buffer> {
  const store = new SqliteStore(join(folder, name));
  try {
    const { item } = await store.get(key);
    assert.ok(item !== undefined, key);
    return item.value;
  } finally {
    await store.close();
  }
}

const secrets = '/api/v1/namespaces/default/secrets';
const aSecret = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  data: { password: 'aHVudGVyMg==' },
});

function encryption(file: string, ...providers: object[]): string {
  const path = join(folder, file);
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: [{ resources: ['secrets'], providers }],
    }),
  );
  return path;
}

const keyOf = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

test('secrets are encrypted, and a replacement by itself moves them to the new key', async () => {
  const db = 'encrypted.db';
  const key = '/registry/secrets/default/s';
  const aescbc = { aescbc: { keys: [{ name: 'a', secret: keyOf(1) }] } };
  const first = encryption('first.yaml', aescbc, { identity: {} });
  await withServer(db, { 'encryption-provider-config': first }, async (api) => {
    assert.equal((await api.create(secrets, aSecret('s'))).code, 201);
    assert.equal((await api.get(`${secrets}/s`)).body.data.password, 'aHVudGVyMg==');
  });
  assert.match((await stored(db, key)).toString('latin1'), /^k8s:enc:aescbc:v1:a:/);
  const configMap = await stored(
    db,
    '/registry/configmaps/kube-system/extension-apiserver-authentication',
  );
  assert.equal(configMap[0], 0x7b, 'other resources are as they were');
  const box = { secretbox: { keys: [{ name: 'b', secret: keyOf(2) }] } };
  const second = encryption('second.yaml', box, aescbc);
  await withServer(db, { 'encryption-provider-config': second }, async (api) => {
    const now = (await api.get(`${secrets}/s`)).body;
    const again = await api.put(`${secrets}/s`, now);
    assert.equal(again.code, 200, again.text);
    assert.notEqual(again.body.metadata.resourceVersion, now.metadata.resourceVersion);
    const third = await api.put(`${secrets}/s`, again.body);
    const { resourceVersion } = again.body.metadata;
    assert.equal(third.body.metadata.resourceVersion, resourceVersion, 'nothing left to do');
    const { items } = (await api.get(secrets)).body;
    assert.equal(items[0].data.password, 'aHVudGVyMg==');
  });
  assert.match((await stored(db, key)).toString('latin1'), /^k8s:enc:secretbox:v1:b:/);
});

test('a changed configuration counts at once when it is followed', async () => {
  const provider = (name: string, fill: number) => ({
    secretbox: { keys: [{ name, secret: keyOf(fill) }] },
  });
  const config = {
    prefix: '/registry',
    protobuf: false,
    encryptionFile: encryption('followed.yaml', provider('one', 1)),
    encryptionReload: true,
  };
  const raw = new MemoryStore();
  const { store, close } = await storedForm(raw, config, silent, new Registry());
  try {
    const written = async (count: number) => {
      await store.create(`/registry/secrets/ns/${count}`, Buffer.from('{}'));
      const { item } = await raw.get(`/registry/secrets/ns/${count}`);
      return /v1:(\w+):/.exec(item?.value.toString('latin1') ?? '')?.[1];
    };
    assert.equal(await written(0), 'one');
    encryption('followed.yaml', provider('two', 2), provider('one', 1));
    let count = 1;
    while ((await written(count)) !== 'two') {
      count += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const old = await store.get('/registry/secrets/ns/0');
    assert.equal(old.item?.value.toString(), '{}', 'what the old key wrote is read');
    assert.equal(old.item.stale, true);
  } finally {
    close();
    await raw.close();
  }
});

test('built-in kinds are stored as protobuf when asked for, and read back by either', async () => {
  const db = 'protobuf.db';
  const protobuf = { 'storage-media-type': 'application/vnd.kubernetes.protobuf' };
  const maps = '/api/v1/namespaces/default/configmaps';
  let made = '';
  await withServer(db, protobuf, async (api) => {
    const created = await api.create(maps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', labels: { a: 'b' } },
      data: { key: 'value' },
    });
    assert.equal(created.code, 201, created.text);
    made = (await api.get(`${maps}/c`)).text;
    assert.deepEqual(JSON.parse(made), created.body);
    const changed = await api.patch(`${maps}/c`, 'merge', { data: { other: '1' } });
    assert.equal(changed.code, 200);
    made = (await api.get(`${maps}/c`)).text;
    const service = await api.create('/api/v1/namespaces/default/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { type: 'NodePort', ports: [{ port: 80 }] },
    });
    assert.equal(service.code, 201, service.text);
  });
  const bytes = await stored(db, '/registry/configmaps/default/c');
  assert.equal(bytes.toString('latin1', 0, 4), 'k8s\0');
  const object = decodeStoredProtobuf(bytes);
  assert.deepEqual(object['data' as keyof typeof object], { key: 'value', other: '1' });
  await withServer(db, {}, async (api) => {
    assert.equal((await api.get(`${maps}/c`)).text, made, 'the same bytes for clients');
    // written by nobody's change, for its form alone
    const now = JSON.parse(made);
    assert.equal((await api.put(`${maps}/c`, now)).code, 200);
  });
  assert.equal((await stored(db, '/registry/configmaps/default/c'))[0], 0x7b);
});

test('what the server made for itself is the same after it was read from protobuf', async () => {
  // each start has an authority of its own, which would be published beside the others
  const authority = await issueAuthority({ commonName: 'clients', durationMs: 3_600_000 });
  writeFileSync(join(folder, 'clients.crt'), authority.certificatePem);
  const protobuf = {
    'storage-media-type': 'application/vnd.kubernetes.protobuf',
    'client-ca-file': join(folder, 'clients.crt'),
  };
  const paths = [
    '/api/v1/namespaces',
    '/api/v1/services',
    '/api/v1/configmaps',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    '/apis/rbac.authorization.k8s.io/v1/rolebindings',
    '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas',
    '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations',
    '/apis/networking.k8s.io/v1/servicecidrs',
    '/apis/networking.k8s.io/v1/ipaddresses',
    '/apis/scheduling.k8s.io/v1/priorityclasses',
    '/apis/apps/v1/deployments',
  ];
  const read = async (api: ApiClient) => {
    const replies = await Promise.all(paths.map((path) => api.get(path)));
    return replies.map(({ body }) => body.items);
  };
  let first: unknown[] = [];
  await withServer('own.db', protobuf, async (api) => {
    const made = await api.create('/apis/apps/v1/namespaces/default/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: {
            containers: [
              {
                name: 'c',
                image: 'i',
                ports: [{ containerPort: 80 }],
                resources: { limits: { cpu: '500m', memory: '1Gi' } },
                readinessProbe: { httpGet: { port: 'web', path: '/' } },
              },
            ],
          },
        },
      },
    });
    assert.equal(made.code, 201, made.text);
    first = await read(api);
  });
  await withServer('own.db', protobuf, async (api) => {
    assert.deepEqual(await read(api), first);
  });
});
