import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  compareKeys,
  keyPrefixOf,
  namespacePrefix,
  objectKey,
  parseObjectKey,
  prefixEnd,
} from './keys.ts';
import { OrderedEntries } from './ordered.ts';

const key = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({
    unit: fc.constantFrom('a', 'b', '/', '\0', '\ud7ff', '\ue000', '\u{10ffff}'),
    maxLength: 5,
  }),
);
const bytesOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('keys', () => {
  it('compare as their bytes do', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        assert.equal(Math.sign(compareKeys(a, b)), bytesOrder(a, b));
      }),
    );
  });

  it('end a prefix exactly', () => {
    fc.assert(
      fc.property(key, key, (prefix, other) => {
        const end = prefixEnd(prefix);
        const inside =
          bytesOrder(other, prefix) >= 0 && (end === undefined || bytesOrder(other, end) < 0);
        assert.equal(inside, other.startsWith(prefix));
      }),
    );
  });

  it('are laid out as upstream does, and read back', () => {
    const pods = keyPrefixOf('/registry', 'pods');
    assert.equal(objectKey(pods, 'default', 'web'), '/registry/pods/default/web');
    assert.deepEqual(parseObjectKey(pods, true, '/registry/pods/default/web'), {
      namespace: 'default',
      name: 'web',
    });
    const nodes = keyPrefixOf('tenant/a/', '/minions');
    assert.equal(objectKey(nodes, '', 'n1'), '/tenant/a/minions/n1');
    assert.equal(namespacePrefix(pods, ''), pods);
    for (const other of [
      '/registry/pods/',
      '/registry/pods/a',
      '/registry/pods/a/',
      '/registry/pods//b',
      '/registry/pods/a/b/c',
      '/registry/podsets/a/b',
    ]) {
      assert.equal(parseObjectKey(pods, true, other), undefined, other);
    }
  });
});

describe('ordered entries', () => {
  it('agree with a sorted map', () => {
    const operation = fc.record({
      key,
      remove: fc.boolean(),
      start: key,
      end: fc.option(key, { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60, size: 'max' }), (operations) => {
        const entries = new OrderedEntries<{ key: string; at: number }>();
        const model = new Map<string, number>();
        operations.forEach(({ key: k, remove, start, end }, at) => {
          if (remove) {
            assert.equal(entries.delete(k)?.at, model.get(k));
            model.delete(k);
          } else {
            assert.equal(entries.set({ key: k, at })?.at, model.get(k));
            model.set(k, at);
          }
          const expected = [...model.keys()]
            .filter(
              (m) => bytesOrder(m, start) >= 0 && (end === undefined || bytesOrder(m, end) < 0),
            )
            .sort(bytesOrder);
          const found: string[] = [];
          entries.scan(start, end, (entry) => found.push(entry.key) > 0);
          assert.deepEqual(found, expected);
          assert.equal(entries.count(start, end), expected.length);
          assert.equal(entries.size, model.size);
        });
      }),
    );
  });

  it('keep their order over many chunks', () => {
    const entries = new OrderedEntries<{ key: string }>();
    const keys = Array.from({ length: 3000 }, (_, i) => `k${(i * 7919) % 3000}`);
    for (const k of keys) entries.set({ key: k });
    for (const k of keys.slice(0, 1500)) entries.delete(k);
    const left = keys.slice(1500).sort();
    const found: string[] = [];
    entries.scan('', undefined, (entry) => found.push(entry.key) > 0);
    assert.deepEqual(found, left);
    assert.equal(entries.count('k1', 'k2'), left.filter((k) => k >= 'k1' && k < 'k2').length);
    const three: string[] = [];
    entries.scan('k2', undefined, (entry) => three.push(entry.key) < 3);
    assert.deepEqual(three, left.filter((k) => k >= 'k2').slice(0, 3));
  });
});
