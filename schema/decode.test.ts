import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { builtInSchema } from './built-in.ts';
import { normalise } from './decode.ts';
import { decodeJson } from './decode-json.ts';
import { ensureGenerated } from './generate.ts';
import { canonicalBase64 } from './scalars.ts';

before(() => {
  ensureGenerated();
});

const pod = { kind: 'Pod', version: 'v1' };

// oxlint-disable-next-line no-explicit-any -- tests read whatever a body holds
function asPod(body: object): { object: any; unknown: string[] } {
  const object = structuredClone(body);
  const unknown = normalise(object, builtInSchema('io.k8s.api.core.v1.Pod'), pod);
  return { object, unknown };
}

function refusal(body: object): string {
  try {
    asPod(body);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test('unknown fields are dropped and told by their path', () => {
  const { object, unknown } = asPod({
    spec: {
      containers: [{ name: 'a', imagee: 'x', env: [{ name: 'E', constructor: 1 }] }],
      foo: 1,
    },
    bar: {},
  });
  assert.deepEqual(unknown, [
    'spec.containers[0].imagee',
    'spec.containers[0].env[0].constructor',
    'spec.foo',
    'bar',
  ]);
  assert.deepEqual(object, { spec: { containers: [{ name: 'a', env: [{ name: 'E' }] }] } });
});

test('what a decoder of its own refuses comes before what was wrong already', () => {
  const schema = {
    type: 'array',
    'x-kubernetes-list-map-keys': {},
    items: { type: 'object', required: {} },
  };
  const definition = { spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }] } };
  const type = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition';
  const kind = { kind: 'CustomResourceDefinition', version: 'v1' };
  assert.throws(
    () => normalise(definition, builtInSchema(type), kind),
    /Go struct field JSONSchemaProps\.spec\.versions\.schema\.openAPIV3Schema\.items\.required of type \[\]string$/,
  );
});

test('nulls and what omitempty leaves out are dropped; pointers keep their zero', () => {
  const { object } = asPod({
    metadata: { creationTimestamp: null, labels: {}, name: 'a' },
    spec: {
      hostNetwork: false,
      terminationGracePeriodSeconds: 0,
      tolerations: [],
      containers: [{ name: '', args: [null], resources: {} }],
    },
  });
  assert.deepEqual(object, {
    metadata: { name: 'a' },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: '', args: [''], resources: {} }],
    },
  });
});

test('times, quantities and base64 become canonical', () => {
  const { object } = asPod({
    metadata: { creationTimestamp: '2026-01-02T03:04:05.6+02:00' },
    spec: { containers: [{ name: 'a', resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }] },
  });
  assert.equal(object.metadata.creationTimestamp, '2026-01-02T01:04:05Z');
  assert.deepEqual(object.spec.containers[0].resources.limits, { cpu: '500m', memory: '1Gi' });
  const secret = { data: { a: 'aGVsbG8\n=' } };
  normalise(secret, builtInSchema('io.k8s.api.core.v1.Secret'), { kind: 'Secret', version: 'v1' });
  assert.deepEqual(secret.data, { a: 'aGVsbG8=' });
});

test('what is wrong with base64 is told at the byte where Go meets it', () => {
  const where = (text: string): number => {
    try {
      canonicalBase64(text);
    } catch (error) {
      return Number(
        /^illegal base64 data at input byte (\d+)$/.exec((error as Error).message)?.[1],
      );
    }
    return -1;
  };
  const table: [string, number][] = [
    ['YQ==', -1],
    ['YWI=\r\n', -1],
    ['YQ==YQ==', 4],
    ['YWI=\nYQ==', 5],
    ['YQ=', 3],
    ['YQ=\n', 4],
    ['YQ=\nY', 3],
    ['Y===', 1],
    ['YWJj=', 4],
    ['YWJjY\nQ', 5],
    ['YWJj!', 4],
    ['YW\nJ-', 4],
  ];
  assert.deepEqual(
    table.map(([text]) => [text, where(text)]),
    table,
  );
});

test('a wrong type is refused in upstream words, the first one', () => {
  const head = 'Pod in version "v1" cannot be handled as a Pod: ';
  assert.equal(
    refusal({ spec: { containers: 'none', hostNetwork: 1 } }),
    `${head}json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container`,
  );
  assert.equal(
    refusal({ spec: { containers: [{ imagePullPolicy: 1 }] } }),
    `${head}json: cannot unmarshal number into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy`,
  );
  assert.equal(
    refusal({ metadata: { labels: { a: true } } }),
    `${head}json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string`,
  );
  assert.equal(
    refusal({ spec: { containers: [{ ports: [{ containerPort: 1.5 }] }] } }),
    `${head}json: cannot unmarshal number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32`,
  );
  assert.match(
    refusal({ spec: { containers: [{ resources: { limits: { cpu: 'lots' } } }] } }),
    /quantities must match the regular expression/,
  );
  assert.equal(
    refusal({ metadata: { creationTimestamp: 'x' } }),
    `${head}parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"`,
  );
});

test('schemas inside a CustomResourceDefinition are cleaned at every depth', () => {
  const crd = {
    spec: {
      versions: [
        {
          name: 'v1',
          schema: {
            openAPIV3Schema: {
              properties: {
                a: { type: 'array', items: { type: 'string', nonsense: 1 } },
                b: { odd: 1 },
              },
            },
          },
        },
      ],
    },
  };
  const definition =
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition';
  const unknown = normalise(crd, builtInSchema(definition), {
    kind: 'CustomResourceDefinition',
    version: 'v1',
  });
  assert.deepEqual(unknown, ['spec.versions[0].schema.openAPIV3Schema.properties.b.odd']);
  const root = crd.spec.versions[0]?.schema.openAPIV3Schema;
  assert.deepEqual(root?.properties.a.items, { type: 'string' });
});

const decodes = (text: string) => decodeJson(Buffer.from(text), (why) => new Error(why));

test('duplicate fields are found wherever they are', () => {
  const many = Array.from({ length: 200 }, (_, i) => `"k${i}":{}`).join();
  for (const text of [
    '{"a":1,"b":{"a":2},"c":[{"x":1,"x":3}]}',
    '[{"b":[1,{"z":1,"z":2}]}]',
    '{"a\\u0062":1,"ab":2,"k":"\\"k\\":"}',
    `{"m":{${many},"k7":0}}`,
  ]) {
    assert.equal(decodes(text).twice, true, text);
  }
  for (const text of [`{"m":{${many}}}`, '[{"a":1},{"a":1}]', '{"a":{"a":{"a":1}},"b":"a"}']) {
    assert.equal(decodes(text).twice, false, text);
  }
});

test('what JSON.stringify writes has no duplicates', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(decodes(JSON.stringify(value)).twice, false);
    }),
  );
});

test('a body that is no JSON is refused in the words of encoding/json', () => {
  const why = (text: string): string => {
    try {
      decodes(text);
    } catch (error) {
      return (error as Error).message.replace("couldn't get version/kind; json parse error: ", '');
    }
    return '';
  };
  assert.equal(why(''), 'unexpected end of JSON input');
  assert.equal(why('{"a":1'), 'unexpected end of JSON input');
  assert.equal(why('{a:1}'), "invalid character 'a' looking for beginning of object key string");
  assert.equal(why('{"a" 1}'), "invalid character '1' after object key");
  assert.equal(why('{"a":1 "b"}'), "invalid character '\"' after object key:value pair");
  assert.equal(why('[1 2]'), "invalid character '2' after array element");
  assert.equal(why('[1,]'), "invalid character ']' looking for beginning of value");
  assert.equal(why('{} x'), "invalid character 'x' after top-level value");
  assert.equal(why('trux'), "invalid character 'x' in literal true (expecting 'e')");
  assert.equal(why('"\\x"'), "invalid character 'x' in string escape code");
  assert.equal(why('"\u0001"'), "invalid character '\\x01' in string literal");
  assert.equal(why('\ufeff{}'), "invalid character 'ï' looking for beginning of value");
  assert.equal(why('[1.]'), "invalid character ']' after decimal point in numeric literal");
  assert.equal(why('['.repeat(2000) + ']'.repeat(2000)), 'exceeded max depth');
});
