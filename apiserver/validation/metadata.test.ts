import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectMeta } from '../../object/object.ts';
import {
  nameValid,
  validateFieldManager,
  validateChangedMetadata,
  validateMetadata,
} from './metadata.ts';

const rules = { nameRule: 'dns-subdomain', namespaced: true } as const;

function lines(metadata: ObjectMeta, namespaced = true): string[] {
  const causes = validateMetadata(metadata, { ...rules, namespaced });
  return causes.map((c) => `${c.field}: ${c.message}`);
}

test('names by rule', () => {
  assert.deepEqual(nameValid('dns-subdomain', 'a.b-c.d'), []);
  assert.deepEqual(nameValid('dns-subdomain', 'A'), [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]);
  assert.deepEqual(nameValid('dns-label', 'a.b'), ['must not contain dots']);
  assert.deepEqual(nameValid('dns-label', 'a'.repeat(64)), ['must be no more than 63 characters']);
  assert.deepEqual(nameValid('path-segment', 'system:node:x'), []);
  assert.deepEqual(nameValid('path-segment', '..'), ["may not be '..'"]);
  assert.deepEqual(nameValid('path-segment', 'a/%'), [
    "may not contain '/'",
    "may not contain '%'",
  ]);
  assert.deepEqual(nameValid('dns-label', 'web-', true), []);
  assert.notDeepEqual(nameValid('dns-label', 'web-'), []);
});

test('a well formed object passes, and what is missing is named', () => {
  const good: ObjectMeta = {
    name: 'web',
    namespace: 'default',
    labels: { 'example.com/a': 'b', c: '' },
    annotations: { 'Example.com/Key': 'anything at all' },
    finalizers: ['example.com/f'],
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'u' }],
  };
  assert.deepEqual(lines(good), []);
  assert.deepEqual(lines({}), [
    'metadata.name: Required value: name or generateName is required',
    'metadata.namespace: Required value',
  ]);
  assert.deepEqual(lines({ name: 'x', namespace: 'y' }, false), [
    'metadata.namespace: Forbidden: not allowed on this type',
  ]);
});

test('labels, annotations, owners and finalizers', () => {
  const base = { name: 'x', namespace: 'y' };
  assert.match(
    lines({ ...base, labels: { 'a b': 'c' } })[0] ?? '',
    /^metadata\.labels: Invalid value: "a b": name part must consist of/,
  );
  assert.match(
    lines({ ...base, labels: { a: '-' } })[0] ?? '',
    /^metadata\.labels: Invalid value: "-": a valid label must be an empty string/,
  );
  assert.deepEqual(lines({ ...base, annotations: { a: 'x'.repeat(256 * 1024) } }), [
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ]);
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true };
  assert.match(
    lines({ ...base, ownerReferences: [owner, { ...owner, name: 'q' }] })[0] ?? '',
    /Only one reference can have Controller set to true\. Found "true" in references for Pod\/p and Pod\/q$/,
  );
  assert.deepEqual(
    lines({ ...base, ownerReferences: [{ ...owner, apiVersion: 'a/b/c', uid: '' }] }),
    [
      'metadata.ownerReferences.apiVersion: Invalid value: "a/b/c": version must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ],
  );
  assert.match(
    lines({ ...base, finalizers: ['orphan', 'foregroundDeletion'] })[0] ?? '',
    /finalizer orphan and foregroundDeletion cannot be both set/,
  );
});

test('what an update may not change', () => {
  const old: ObjectMeta = { name: 'x', uid: 'u', generation: 2, deletionTimestamp: 't' };
  const next: ObjectMeta = { name: 'y', generation: 1, finalizers: ['b', 'a'] };
  const { asChange } = validateChangedMetadata(next, old);
  const found = asChange.map((c) => `${c.field}: ${c.message}`);
  assert.deepEqual(found, [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a", "b"}',
    'metadata.generation: Invalid value: 1: must not be decremented',
    'metadata.name: Invalid value: "y": field is immutable',
    'metadata.uid: Invalid value: "": field is immutable',
    'metadata.deletionTimestamp: Invalid value: null: field is immutable',
  ]);
  assert.deepEqual(validateChangedMetadata(old, old), { asNew: [], asChange: [] });
});

test('field managers are short and printable', () => {
  assert.deepEqual(validateFieldManager('kubectl-edit é', 'fieldManager'), []);
  assert.equal(
    validateFieldManager('a\nb', 'fieldManager')[0]?.message,
    'Invalid value: "a\\nb": invalid character U+000A (at position 1)',
  );
  assert.equal(
    validateFieldManager('x'.repeat(129), 'fieldManager')[0]?.message,
    'Too long: may not be more than 128 bytes',
  );
});
