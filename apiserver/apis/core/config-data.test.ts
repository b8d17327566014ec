import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { causeTexts } from '../refused.ts';
import { configMap } from './config-map.ts';
import { namespace } from './namespace.ts';
import { secret } from './secret.ts';

function object(kind: string, fields: Plain): KubeObject {
  const made: KubeObject = { apiVersion: 'v1', kind, metadata: { name: 'x' }, ...fields };
  if (kind === 'Secret') secret.default?.(made);
  return made;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('a ConfigMap is validated and can be frozen', () => {
  const mixed = object('ConfigMap', { data: { a: 'x', '..b': 'y' }, binaryData: { a: 'eA==' } });
  assert.deepEqual(causeTexts(configMap.validate?.(mixed)), [
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    'data[..b]: Invalid value: "..b": must not start with \'..\'',
  ]);
  const old = object('ConfigMap', { data: { a: 'x' }, immutable: true });
  assert.deepEqual(causeTexts(configMap.validateUpdate?.(object('ConfigMap', {}), old)), [
    'immutable: Forbidden: field is immutable when `immutable` is set',
    'data: Forbidden: field is immutable when `immutable` is set',
  ]);
});

test('a Secret holds what its type says', () => {
  const table: [Plain, string[]][] = [
    [{ data: { a: base64('x') } }, []],
    [{ stringData: { a: 'x' } }, []],
    [
      { type: 'kubernetes.io/tls', data: {} },
      ['data[tls.crt]: Required value', 'data[tls.key]: Required value'],
    ],
    [
      { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': base64('{') } },
      [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
      ],
    ],
    [
      { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': base64('[]') } },
      [
        'data[.dockercfg]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}',
      ],
    ],
    [
      { type: 'kubernetes.io/basic-auth' },
      ['data[username]: Required value', 'data[password]: Required value'],
    ],
    [
      { type: 'kubernetes.io/service-account-token' },
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
  ];
  for (const [fields, expected] of table) {
    assert.deepEqual(causeTexts(secret.validate?.(object('Secret', fields))), expected);
  }
  const next = object('Secret', { type: 'a/b' });
  assert.deepEqual(causeTexts(secret.validateUpdate?.(next, object('Secret', {}))), [
    'type: Invalid value: "a/b": field is immutable',
  ]);
  const frozen = object('Secret', { data: { a: 'eA==' }, immutable: true });
  const both = object('Secret', { data: { '..': 'eA==' }, type: 'a/b', immutable: true });
  assert.deepEqual(causeTexts(secret.validateUpdate?.(both, frozen)), [
    'type: Invalid value: "a/b": field is immutable',
    'data: Forbidden: field is immutable when `immutable` is set',
  ]);
});

test('finalizers of a Namespace have a domain', () => {
  const text = 'name is neither a standard finalizer name nor is it fully qualified';
  const odd = object('Namespace', { spec: { finalizers: ['kubernetes', 'mine', 'a.b/c'] } });
  assert.deepEqual(causeTexts(namespace.validateCreate?.(odd)), [
    `spec.finalizers: Invalid value: "mine": ${text}`,
  ]);
  const finalize = namespace.subresources?.finalize?.update;
  assert.deepEqual(causeTexts(finalize?.validate?.(odd, odd)), [
    `spec.finalizers[1]: Invalid value: "mine": ${text}`,
  ]);
});
