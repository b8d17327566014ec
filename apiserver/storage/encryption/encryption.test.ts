import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byResource } from './by-resource.ts';
import { parseEncryptionConfig } from './config.ts';

const header = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration' };
const secret = (size: number, fill = 1): string => Buffer.alloc(size, fill).toString('base64');
const key = '/registry/secrets/ns/name';

const provider = (name: string, ...keys: [name: string, secret: string][]) => ({
  [name]: { keys: keys.map(([keyName, keySecret]) => ({ name: keyName, secret: keySecret })) },
});

function secrets(...providers: object[]) {
  const found = parseEncryptionConfig({
    ...header,
    resources: [{ resources: ['secrets'], providers }],
  })('secrets');
  assert.ok(found !== undefined);
  return found;
}

const plain = Buffer.from('{"kind":"Secret"}');

for (const [name, size] of [
  ['aescbc', 32],
  ['aesgcm', 16],
  ['secretbox', 32],
] as const) {
  test(`${name}: upstream's prefix, another cipher text each time, the same plain text`, () => {
    const transformer = secrets(provider(name, ['key1', secret(size)]), { identity: {} });
    const [first, second] = [transformer.toStorage(plain, key), transformer.toStorage(plain, key)];
    const prefix = `k8s:enc:${name}:v1:key1:`;
    assert.equal(first.subarray(0, prefix.length).toString(), prefix);
    assert.ok(!first.equals(second) && !first.includes('Secret'));
    assert.deepEqual(transformer.fromStorage(first, key), plain);
    const broken = Buffer.from(second);
    broken[broken.length - 1] = (broken[broken.length - 1] ?? 0) ^ 1;
    if (name !== 'aescbc') assert.throws(() => transformer.fromStorage(broken, key));
  });
}

test("secretbox is NaCl's", () => {
  // NaCl's own test vector of crypto_secretbox (tests/secretbox.c): nonce, then the box
  const firstKey = Buffer.from(
    '1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389',
    'hex',
  );
  const nonce = Buffer.from('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37', 'hex');
  const box = Buffer.from(
    'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5',
    'hex',
  );
  const message =
    'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705';
  const transformer = secrets(provider('secretbox', ['n', firstKey.toString('base64')]));
  const stored = Buffer.concat([Buffer.from('k8s:enc:secretbox:v1:n:'), nonce, box]);
  assert.equal(transformer.fromStorage(stored, key).toString('hex'), message);
});

test('aesgcm binds a value to its key', () => {
  const transformer = secrets(provider('aesgcm', ['k', secret(32)]));
  const stored = transformer.toStorage(plain, key);
  assert.throws(() => transformer.fromStorage(stored, '/registry/secrets/ns/other'));
});

test('the first key writes, all read, and what another wrote is stale', () => {
  const old = secrets(provider('aescbc', ['old', secret(32, 1)]), { identity: {} });
  const both = secrets(
    provider('secretbox', ['new', secret(32, 2)]),
    provider('aescbc', ['old', secret(32, 1)]),
    { identity: {} },
  );
  const stored = old.toStorage(plain, key);
  assert.deepEqual(both.fromStorage(stored, key), plain);
  assert.deepEqual(both.fromStorage(plain, key), plain);
  assert.equal(both.stale?.(stored, key), true);
  assert.equal(both.stale?.(plain, key), true);
  assert.equal(both.stale?.(both.toStorage(plain, key), key), false);
  const none = secrets({ identity: {} });
  assert.throws(
    () => none.fromStorage(stored, key),
    /identity transformer tried to read encrypted/,
  );
  const other = secrets(provider('aescbc', ['other', secret(32)]));
  assert.throws(() => other.fromStorage(stored, key), /no matching prefix found/);
});

test('a resource is found by name, then by its group, then by *.*', () => {
  const of = parseEncryptionConfig({
    ...header,
    resources: [
      { resources: ['secrets'], providers: [provider('aesgcm', ['one', secret(32)])] },
      { resources: ['*.apps'], providers: [provider('aesgcm', ['group', secret(32)])] },
      { resources: ['*.'], providers: [provider('aesgcm', ['core', secret(32)])] },
      { resources: ['*.*'], providers: [provider('aesgcm', ['rest', secret(32)])] },
    ],
  });
  const paths = new Map([
    ['secrets', 'secrets'],
    ['services/specs', 'services'],
    ['deployments', 'deployments.apps'],
  ]);
  const transformer = byResource('/registry', paths, () => of);
  const keyNameOf = (at: string) =>
    /v1:(\w+):/.exec(transformer.toStorage(plain, at).toString('latin1'))?.[1];
  assert.equal(keyNameOf('/registry/secrets/ns/a'), 'one');
  assert.equal(keyNameOf('/registry/deployments/ns/a'), 'group');
  assert.equal(keyNameOf('/registry/services/specs/ns/a'), 'core');
  assert.equal(keyNameOf('/registry/example.com/widgets/ns/a'), 'rest');
  assert.equal(keyNameOf('/registry/masterleases/10.0.0.1'), undefined);
  assert.equal(keyNameOf('compact_rev_key'), undefined);
});

test('a configuration that makes no sense is refused with its field', () => {
  const with_ = (...providers: object[]) => ({
    ...header,
    resources: [{ resources: ['secrets'], providers }],
  });
  const named = (...resources: string[]) => ({
    ...header,
    resources: [{ resources, providers: [{ identity: {} }] }],
  });
  const at = 'resources[0].providers[0]';
  const masked =
    "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked";
  const refused: [unknown, string | RegExp][] = [
    [{}, /expected apiserver.config.k8s.io\/v1 EncryptionConfiguration/],
    [header, 'resources: Required value: at least one resources is required'],
    [
      { ...header, resources: [{}] },
      '[resources[0].resources: Required value: at least one resources[0].resources is required, resources[0].providers: Required value: at least one resources[0].providers is required]',
    ],
    [
      with_({ kms: { name: 'x' } }),
      `${at}.kms: Invalid value: not supported by this server: use secretbox, aesgcm or aescbc`,
    ],
    [
      with_({ rot13: {} }),
      'strict decoding error: unknown field "resources[0].providers[0].rot13"',
    ],
    [
      with_({}),
      `${at}: Invalid value: {"AESGCM":null,"AESCBC":null,"Secretbox":null,"Identity":null,"KMS":null}: provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity`,
    ],
    [
      with_({ identity: {}, aescbc: {} }),
      `${at}: Invalid value: more than one provider specified in a single element, should split into different list elements`,
    ],
    [with_({ aescbc: {} }), `${at}.aescbc.keys: Required value: at least one keys is required`],
    [
      with_(provider('aescbc', ['a', secret(3)], ['b', 'no base64!'], ['', ''])),
      `[${[
        '[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected one of [16 24 32]',
        '[1].secret: Invalid value: "REDACTED": secrets must be base64 encoded',
        '[2].name: Required value: name is a mandatory field for a key',
        '[2].secret: Required value: secret is a mandatory field for a key',
      ]
        .map((text) => `${at}.aescbc.keys${text}`)
        .join(', ')}]`,
    ],
    [
      named('*', 'Secrets', 'a.events.k8s.io', 'a.extensions', 'a.*', 'apiserveripinfo'),
      /^\[.*\[0\]: Invalid value: "\*": use '\*\.' to encrypt .*\[1\]: .* capital letters.*\[2\]: .*Use 'events' instead.*\[3\]: .*has been removed.*\[4\]: .*across groups.*\[5\]: .*do not have REST API/,
    ],
    [named('secrets', '*.'), `resources[0].resources: Invalid value: ["secrets","*."]: ${masked}`],
    [named('*.*', 'a.b'), `resources[0].resources: Invalid value: ["*.*","a.b"]: ${masked}`],
    [
      named('secrets', 'secrets'),
      'resources[0].resources: Invalid value: ["secrets","secrets"]: the same resource cannot be specified multiple times',
    ],
  ];
  for (const [content, message] of refused) {
    assert.throws(() => parseEncryptionConfig(content), { message });
  }
});

test('a resource that stands in several entries is read with the keys of all, written with the first', () => {
  const entry = (...providers: object[]) => ({ resources: ['secrets'], providers });
  const [one, two] = [
    provider('aesgcm', ['one', secret(16)]),
    provider('secretbox', ['two', secret(32)]),
  ];
  const both = parseEncryptionConfig({ ...header, resources: [entry(one), entry(two)] })('secrets');
  const old = secrets(two).toStorage(plain, key);
  assert.deepEqual(both?.fromStorage(old, key), plain);
  assert.match(both?.toStorage(plain, key).toString('latin1') ?? '', /^k8s:enc:aesgcm:v1:one:/);
});

for (const [first, second] of [
  ['*.*', 'secrets'],
  ['*.apps', 'deployments.apps'],
] as const) {
  test(`${second} behind ${first} would never count`, () => {
    const resources = [first, second].map((name) => ({
      resources: [name],
      providers: [{ identity: {} }],
    }));
    assert.throws(() => parseEncryptionConfig({ ...header, resources }), {
      message: `error while building transformers: resource "${second}" is masked by earlier rule "${first}"`,
    });
  });
}

test('the old kind goes with the old version alone', () => {
  const resources = [{ resources: ['secrets'], providers: [{ identity: {} }] }];
  parseEncryptionConfig({ apiVersion: 'v1', kind: 'EncryptionConfig', resources });
  const mixed = { ...header, apiVersion: 'v1', resources };
  assert.throws(() => parseEncryptionConfig(mixed), /^Error: no kind "EncryptionConfiguration"/);
});
