import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from './api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const configMaps = '/api/v1/namespaces/default/configmaps';

const configMap = (name: string, data: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

test('options that are none are refused in upstream words and order', async () => {
  const body = configMap('options');
  const at = `${configMaps}/options`;
  const create = 'CreateOptions.meta.k8s.io "" is invalid: ';
  const patch = 'PatchOptions.meta.k8s.io "" is invalid: ';
  const validation = (value: string) =>
    `fieldValidation: Unsupported value: "${value}": supported values: "", "Ignore", "Strict", "Warn"`;
  const dry = 'dryRun: Unsupported value: ["Some"]: supported values: "All"';
  for (const [reply, message] of [
    [api.create(`${configMaps}?fieldValidation=Maybe`, body), create + validation('Maybe')],
    [
      api.create(`${configMaps}?dryRun=Some&fieldValidation=x&fieldManager=a%09b`, body),
      `${create}[fieldManager: Invalid value: "a\\tb": invalid character U+0009 (at position 1), ${dry}, ${validation('x')}]`,
    ],
    [
      api.patch(`${at}?force=true`, 'merge', {}),
      `${patch}force: Forbidden: may not be specified for non-apply patch`,
    ],
    [
      api.patch(`${at}?dryRun=Some`, 'apply', body),
      `${patch}[fieldManager: Required value: is required for apply patch, ${dry}]`,
    ],
    [
      api.delete(at, { propagationPolicy: 'Some', orphanDependents: true }),
      'DeleteOptions.meta.k8s.io "" is invalid: [propagationPolicy: Invalid value: "Some": orphanDependents and deletionPropagation cannot be both set, propagationPolicy: Unsupported value: "Some": supported values: "Foreground", "Background", "Orphan", "nil"]',
    ],
  ] as const) {
    refused(await reply, 422, 'Invalid', message);
  }
});

test('a patch of what is not there is not read', async () => {
  const at = `${configMaps}/nobody`;
  for (const [type, body] of [
    ['merge', '{'],
    ['json', '[{"op":1}]'],
    ['strategic', '[]'],
  ] as const) {
    refused(await api.patch(at, type, body), 404, 'NotFound', 'configmaps "nobody" not found');
  }
});

test('what is said twice or unknown, in the order of upstream', async () => {
  const cannot =
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ';
  const strict = `${configMaps}?fieldValidation=Strict`;
  refused(
    await api.create(strict, '{"a":{"b":1,"b":2},"data":{"x":"1","x":"2"},"metadata":{"odd":1}}'),
    400,
    'BadRequest',
    `${cannot}unknown field "a", duplicate field "data.x", unknown field "metadata.odd"`,
  );
  const yaml = 'metadata:\n  name: yaml\nodd: 1\ndata:\n  x: "1"\n  x: "2"\n';
  refused(
    await api.create(strict, yaml, { type: 'application/yaml' }),
    400,
    'BadRequest',
    `${cannot}yaml: unmarshal errors:\n  line 6: key "x" already set in map, unknown field "odd"`,
  );
  const warned = await api.create(configMaps, yaml, { type: 'application/yaml' });
  assert.equal(
    warned.headers['warning'],
    '299 - "line 6: key \\"x\\" already set in map", 299 - "unknown field \\"odd\\""',
  );
  assert.deepEqual(stored(warned, 201).data, { x: '2' });
  const applied = '{"apiVersion":"v1","kind":"ConfigMap","data":{"x":"1",\n"x":"2"}}';
  const at = `${configMaps}/yaml?fieldManager=a&force=true&fieldValidation=`;
  refused(
    await api.patch(`${at}Strict`, 'apply', applied),
    400,
    'BadRequest',
    'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 2: key "x" already set in map',
  );
  const mild = await api.patch(`${at}Warn`, 'apply', applied);
  assert.equal(mild.headers['warning'], '299 - "line 2: key \\"x\\" already set in map"');
  stored(mild);
  const elsewhere = configMap('other', {}, { namespace: 'kube-system' });
  refused(
    await api.put(`${configMaps}/yaml`, elsewhere),
    400,
    'BadRequest',
    'the namespace of the provided object does not match the namespace sent on the request',
  );
});

test('strictness looks into the patch as well', async () => {
  await api.create(configMaps, configMap('twice-patched'));
  const at = `${configMaps}/twice-patched?fieldValidation=`;
  const twice = '{"data":{"a":"1","a":"2"}}';
  for (const type of ['merge', 'strategic'] as const) {
    refused(
      await api.patch(`${at}Strict`, type, twice),
      422,
      'Invalid',
      /strict decoding error: duplicate field "data\.a"$/,
    );
    const warned = await api.patch(`${at}Warn`, type, twice);
    stored(warned);
    assert.equal(warned.headers['warning'], '299 - "duplicate field \\"data.a\\""');
  }
  const operation = '[{"op":"add","path":"/data/b","value":"1","foo":2,"op":"add"}]';
  refused(
    await api.patch(`${at}Strict`, 'json', operation),
    422,
    'Invalid',
    /strict decoding error: json patch unknown field "\[0\]\.foo", json patch duplicate field "\[0\]\.op"$/,
  );
  stored(await api.patch(`${at}Ignore`, 'json', operation));
  const unknown = '{"z":1,"metadata":{"y":1,"labels":{"x":"1"}},"a":1}';
  refused(
    await api.patch(`${at}Strict`, 'strategic', unknown),
    422,
    'Invalid',
    /strict decoding error: unknown field "a", unknown field "metadata\.y", unknown field "z"$/,
  );
  for (const [type, body, message] of [
    [
      'json',
      '{}',
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    ],
    [
      'merge',
      '[]',
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    ['merge', '{', 'error decoding patch: unexpected end of JSON input'],
    [
      'strategic',
      '5',
      'json: cannot unmarshal number into Go value of type map[string]interface {}',
    ],
  ] as const) {
    refused(await api.patch(`${at}Warn`, type, body), 400, 'BadRequest', message);
  }
  for (const [type, body, message] of [
    ['json', '{}', 'json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
    ['json', '[1]', 'json: cannot unmarshal number into Go value of type jsonpatch.Operation'],
    ['json', 's', "invalid character 's' looking for beginning of value"],
    ['merge', 's', 'Invalid JSON Patch'],
    ['merge', '5', 'Invalid JSON Patch'],
  ] as const) {
    refused(await api.patch(`${at}Ignore`, type, body), 400, 'BadRequest', message);
  }
  const many = JSON.stringify(
    Array(10_001).fill({ op: 'test', path: '/kind', value: 'ConfigMap' }),
  );
  refused(
    await api.patch(`${at}Warn`, 'json', many),
    413,
    'RequestEntityTooLarge',
    'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
  );
});

test('who is written must be named, and named right', async () => {
  await api.create(configMaps, configMap('named'));
  const at = `${configMaps}/named`;
  const nameless =
    'the name of the object (named based on URL) was undeterminable: name must be provided';
  refused(await api.put(at, configMap('')), 400, 'BadRequest', nameless);
  refused(await api.patch(at, 'merge', { metadata: { name: null } }), 400, 'BadRequest', nameless);
  refused(
    await api.patch(at, 'merge', { metadata: { name: 'other' } }),
    400,
    'BadRequest',
    'the name of the object (other) does not match the name on the URL (named)',
  );
  const uid = stored(await api.get(at)).metadata.uid;
  refused(
    await api.put(at, configMap('named', {}, { uid: 'x' })),
    409,
    'Conflict',
    `Operation cannot be fulfilled on configmaps "named": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/named, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: ${uid}`,
  );
  refused(
    await api.patch(at, 'merge', { metadata: { uid: 'x' } }),
    422,
    'Invalid',
    'ConfigMap "named" is invalid: metadata.uid: Invalid value: "x": field is immutable',
  );
  refused(
    await api.put(at, configMap('named', {}, { resourceVersion: 'x' })),
    500,
    undefined,
    'strconv.ParseUint: parsing "x": invalid syntax',
  );
  stored(await api.put(at, configMap('named', {}, { resourceVersion: '0' })));
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', namespace: 'default' } };
  assert.equal(stored(await api.create('/api/v1/nodes', node), 201).metadata.namespace, undefined);
});

test('an owner named twice is kept once, with a warning', async () => {
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u-1' };
  const twice = { ownerReferences: [owner, owner, { ...owner, name: 'p' }] };
  const text = (when: string) =>
    `299 - ".metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u-1"`;
  const made = await api.create(configMaps, configMap('owned', {}, twice));
  assert.deepEqual(stored(made, 201).metadata.ownerReferences, [owner, { ...owner, name: 'p' }]);
  assert.equal(made.headers['warning'], text(''));
  const patched = await api.patch(`${configMaps}/owned`, 'merge', { metadata: twice });
  assert.equal(stored(patched).metadata.ownerReferences.length, 2);
  assert.equal(patched.headers['warning'], text(' after mutating admission happens'));
});

test('warnings of any alphabet and any length', async () => {
  const body = {
    ...configMap('warned'),
    ключ: 1,
    ...Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${'f'.repeat(300)}${i}`, 1])),
  };
  const reply = await api.create(`${configMaps}?dryRun=All`, body);
  stored(reply, 201);
  const [first, ...rest] = String(reply.headers['warning']).split(', 299 - ');
  assert.equal(
    Buffer.from(first ?? '', 'latin1').toString('utf8'),
    '299 - "unknown field \\"ключ\\""',
  );
  assert.ok(rest.every((text) => text.length < 270));
  assert.equal(rest.length, 16);
});

test('a strategic merge tells of wrong types in the words of its converter', async () => {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  stored(await api.create(accounts, { metadata: { name: 'typed' } }), 201);
  for (const [patch, why] of [
    [{ metadata: { labels: { a: 5 } } }, 'cannot convert int64 to string'],
    [{ metadata: { labels: { a: true } } }, 'unrecognized type: string'],
    [{ automountServiceAccountToken: 'x' }, 'unrecognized type: bool'],
    [{ metadata: { generation: 'x' } }, 'unrecognized type: int64'],
    [{ metadata: 5 }, 'cannot restore struct from: int64'],
    [
      { metadata: { creationTimestamp: 5 } },
      'json: cannot unmarshal number into Go value of type string',
    ],
  ] as const) {
    const reply = await api.patch(`${accounts}/typed`, 'strategic', patch);
    assert.equal(reply.code, 422, reply.text);
    assert.ok(reply.body.message.endsWith(`: ${why}`), reply.body.message);
  }
  const json = await api.patch(`${accounts}/typed`, 'merge', { metadata: { labels: { a: 5 } } });
  assert.match(json.body.message, /json: cannot unmarshal number into Go struct field/);
});

test('a generation is kept where the kind has none of its own, and may not be negative', async () => {
  const made = stored(
    await api.create(configMaps, configMap('generation', {}, { generation: 5 })),
    201,
  );
  assert.equal(made.metadata.generation, 5);
  const patch = { metadata: { generation: 7 } };
  const next = stored(await api.patch(`${configMaps}/generation`, 'merge', patch));
  assert.equal(next.metadata.generation, 5);
  refused(
    await api.create(configMaps, configMap('negative', {}, { generation: -5 })),
    422,
    'Invalid',
    'ConfigMap "negative" is invalid: metadata.generation: Invalid value: -5: must be greater than or equal to 0',
  );
});

test('control characters are quoted as Go quotes them', async () => {
  refused(
    await api.create(`${configMaps}?fieldValidation=Strict`, { ...configMap('q'), 'x\u0001': 1 }),
    400,
    'BadRequest',
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "x\\x01"',
  );
  refused(
    await api.create(configMaps, { ...configMap('q'), kind: 'X\u0001' }),
    400,
    'BadRequest',
    /no kind "X\\x01" is registered for version "v1"/,
  );
});
