import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../object.ts';
import { apply, fieldsOf, stored, thing } from './apply-fixture.ts';

/** What holds for every apply, whatever is applied. */
const text = fc.constantFrom('x', 'y', 'z');
const texts = fc.dictionary(fc.constantFrom('k', 'l'), text, { noNullPrototype: true });

function containers(names: readonly string[]) {
  const port = fc.record({ port: fc.nat(2), protocol: fc.constantFrom('TCP', 'UDP') });
  const one = fc.record(
    {
      name: fc.constantFrom(...names),
      image: text,
      args: fc.array(text, { maxLength: 2, minLength: 1 }),
      ports: fc.uniqueArray(port, {
        selector: (p) => `${p.port}${p.protocol}`,
        maxLength: 2,
        minLength: 1,
      }),
    },
    { requiredKeys: ['name'] },
  );
  return fc.uniqueArray(one, {
    selector: ({ name }) => name,
    minLength: 1,
    maxLength: names.length,
  });
}

/** Configurations of a Thing: those of other names and fields share nothing with each other. */
function configuration(
  fields: Record<string, fc.Arbitrary<unknown>>,
  names: readonly string[],
  label: string,
) {
  const spec = fc.record({ ...fields, containers: containers(names) }, { requiredKeys: [] });
  const labels = fc.option(fc.record({ [label]: text }), { nil: undefined });
  return fc
    .tuple(spec, labels)
    .map(([made, given]) => thing(made, given === undefined ? {} : { labels: given }));
}

const first = configuration(
  { replicas: fc.nat(3), selector: fc.record({ matchLabels: texts }) },
  ['a', 'b'],
  'first',
);
const second = configuration(
  { paused: fc.boolean(), free: fc.record({ f: text }) },
  ['c', 'd'],
  'second',
);

/** Lists of elements with names, as sets: apply promises no order between two managers. */
function unordered(object: KubeObject) {
  const { containers: list = [], ...spec } = object.spec ?? {};
  return {
    labels: object.metadata.labels ?? {},
    spec,
    list: new Map(list.map((c: { name: string }) => [c.name, c])),
  };
}

test('applying the same again changes neither the object nor who owns what', () => {
  fc.assert(
    fc.property(first, second, (mine, other) => {
      const live = stored(apply(stored(apply(undefined, other, 'other')), mine));
      const again = stored(apply(live, mine));
      assert.deepEqual(again, live);
    }),
  );
});

test('what two managers apply apart is there in either order, and each owns its own', () => {
  fc.assert(
    fc.property(first, second, (mine, other) => {
      const one = stored(apply(stored(apply(undefined, other, 'other')), mine));
      const two = stored(apply(stored(apply(undefined, mine)), other, 'other'));
      assert.deepEqual(unordered(one), unordered(two));
      for (const manager of ['applier', 'other']) {
        assert.deepEqual(fieldsOf(one, manager), fieldsOf(two, manager));
      }
    }),
  );
});

test('applying nothing takes away what was applied, and no more', () => {
  fc.assert(
    fc.property(first, second, (mine, other) => {
      const before = stored(apply(undefined, other, 'other'));
      const during = stored(apply(before, mine));
      const after = stored(apply(during, thing({})));
      assert.deepEqual(unordered(after), unordered(before));
      assert.deepEqual(fieldsOf(after, 'other'), fieldsOf(before, 'other'));
    }),
  );
});

test('a value of another manager is a conflict, unless it is the same or forced', () => {
  fc.assert(
    fc.property(fc.nat(1), fc.nat(1), (theirs, mine) => {
      const live = stored(apply(undefined, thing({ replicas: theirs }), 'other'));
      const wish = thing({ replicas: mine });
      if (theirs !== mine) assert.throws(() => apply(live, wish), { code: 409 });
      const forced = stored(apply(live, wish, 'applier', { force: true }));
      assert.equal(forced.spec.replicas, mine);
      const both = fieldsOf(forced, 'other') !== undefined;
      assert.equal(both, theirs === mine);
    }),
  );
});
