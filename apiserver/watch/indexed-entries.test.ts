import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareKeys } from '../storage/keys.ts';
import { Entry } from './entry.ts';
import { IndexedEntries } from './indexed-entries.ts';
import { type Matcher, type Selection, selects } from './selection.ts';
import type { Term } from './value-index.ts';

const served = { frame: Buffer.from('{}'), start: 0, end: 2, digits: 0, digitCount: 0 };
let revision = 0;

function entry(namespace: string, name: string, labels: Record<string, string>, node = ''): Entry {
  const at = { key: `/registry/pods/${namespace}/${name}`, namespace, name, revision: ++revision };
  return new Entry(
    at,
    { apiVersion: 'v1', labels, fields: { 'spec.nodeName': node } },
    'ADDED',
    served,
  );
}

function matcher(...terms: Term[]): Matcher {
  return {
    terms,
    matches: (found) =>
      terms.every(({ key, values }) => {
        const value: unknown = found[key];
        return typeof value === 'string' && values.includes(value);
      }),
  };
}
const label = (key: string, ...values: string[]): Term => ({ kind: 'labels', key, values });

function listed(entries: IndexedEntries, selection: Selection, start = '/', limit = Infinity) {
  const found: string[] = [];
  entries.scan(selection, start, undefined, ({ key }) => {
    if (found.length === limit) return false;
    found.push(key);
    return true;
  });
  return found;
}

test('whatever changes, lists through indexes are those without', () => {
  const value = fc.constantFrom('a', 'b', 'c', 'constructor');
  const change = fc.record({
    namespace: fc.constantFrom('n', 'm'),
    name: fc.constantFrom('1', '2', '3', '4', '\u{10000}', '\uffff'),
    labels: fc.dictionary(fc.constantFrom('app', 'tier', 'constructor'), value, { maxKeys: 3 }),
    node: fc.constantFrom('', 'x', 'y'),
    gone: fc.boolean(),
  });
  const wanted = fc.uniqueArray(value, { minLength: 1, maxLength: 3 });
  const question = fc.record({
    namespace: fc.constantFrom('', 'n', 'm'),
    labels: fc.array(fc.tuple(fc.constantFrom('app', 'tier', 'constructor'), wanted), {
      maxLength: 2,
    }),
    node: fc.option(fc.constantFrom('x', 'y')),
    limit: fc.constantFrom(1, 2, Infinity),
  });
  const step = fc.oneof({ arbitrary: change, weight: 3 }, question);
  const run = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const entries = new IndexedEntries({ smallRange: 0, indexes: 2 });
    const model = new Map<string, Entry>();
    for (const asked of steps) {
      if ('gone' in asked) {
        const made = entry(asked.namespace, asked.name, asked.labels, asked.node);
        if (asked.gone) {
          entries.delete(made.key);
          model.delete(made.key);
        } else {
          entries.set(made);
          model.set(made.key, made);
        }
        continue;
      }
      const node = { kind: 'fields', key: 'spec.nodeName', values: [asked.node ?? ''] } as const;
      const selection: Selection = {
        namespace: asked.namespace,
        labelSelector: matcher(...asked.labels.map(([key, values]) => label(key, ...values))),
        ...(asked.node === null ? {} : { fieldSelector: matcher(node) }),
      };
      const right = [...model.values()].filter((one) => selects(selection, one));
      const keys = right.map(({ key }) => key).sort(compareKeys);
      assert.deepEqual(
        listed(entries, selection, '/', asked.limit),
        keys.slice(0, Math.min(keys.length, asked.limit)),
      );
      assert.ok(entries.indexCount <= 2);
    }
  });
  fc.assert(run);
});

function filled(now?: () => number): IndexedEntries {
  const entries = new IndexedEntries({}, now);
  for (let i = 0; i < 1_000; i++) {
    const text = String(i).padStart(4, '0');
    entries.set(entry('n', text, { app: `a${i % 50}`, tier: 'web', [`only-${i}`]: 'x' }));
  }
  return entries;
}

/** Labels that a list reads, as a measure of what it looks at. */
function looked(entries: IndexedEntries, selection: Selection): number {
  let count = 0;
  const matches = (labels: Readonly<Record<string, string>>): boolean => {
    count += 1;
    return selection.labelSelector?.matches(labels) ?? true;
  };
  listed(entries, { ...selection, labelSelector: { ...selection.labelSelector, matches } });
  return count;
}

test('a list that is asked for again costs its result', () => {
  const entries = filled();
  const app = { labelSelector: matcher(label('app', 'a7')) };
  assert.equal(looked(entries, app), 1_000);
  assert.equal(looked(entries, app), 1_000);
  assert.equal(looked(entries, app), 20);
  assert.equal(looked(entries, { labelSelector: matcher(label('app', 'a7', 'a8', 'none')) }), 40);
  assert.equal(looked(entries, { labelSelector: matcher(label('app', 'none')) }), 0);
  const both = { labelSelector: matcher(label('tier', 'web'), label('app', 'a7')) };
  assert.equal(looked(entries, both), 20);
  assert.deepEqual(listed(entries, app, '/registry/pods/n/0900'), [
    '/registry/pods/n/0907',
    '/registry/pods/n/0957',
  ]);
});

test('what selects nearly everything, or is asked once, is not indexed', () => {
  const entries = filled();
  for (let i = 0; i < 5; i++) looked(entries, { labelSelector: matcher(label('tier', 'web')) });
  looked(entries, { labelSelector: matcher(label('app', 'a7')) });
  assert.equal(entries.indexCount, 0);
});

test('indexes are bounded, and go when nobody asks', () => {
  let now = 0;
  const entries = filled(() => now);
  for (let i = 0; i < 100; i++) {
    const only = { labelSelector: matcher(label(`only-${i}`, 'x')) };
    for (let again = 0; again < 3; again++) looked(entries, only);
  }
  assert.equal(entries.indexCount, 8);
  now = 9 * 60_000;
  const last = { labelSelector: matcher(label('only-99', 'x')) };
  assert.equal(looked(entries, last), 1);
  now = 11 * 60_000;
  entries.expire(now);
  assert.equal(entries.indexCount, 1);
  entries.clear();
  assert.equal(looked(entries, last), 0);
});
