import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jsonByName, orderedByName } from './json-by-name.ts';

/** By the rule itself, text by text. */
function byRule(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(byRule).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${byRule(field)}`).join()}}`;
}

const key = fc.oneof(
  fc.constantFrom('10', '9', '0', '007', 'a', 'Z', '__proto__', '"\\ud800'),
  fc.string({ maxLength: 3 }),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(null, true, 1, 2.5, 'text', '\\ud800', '"\\ud800'),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc
      .array(fc.tuple(key, tie('tree')), { maxLength: 30 })
      .map((entries) =>
        JSON.parse(
          `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`,
        ),
      ),
  ),
}));

describe('JSON by name', () => {
  it('has every map in the order of its names, numbers too', () => {
    assert.equal(
      jsonByName({ b: 1, a: { '10': 1, '9': [{ z: 1, a: '<' }], '-': 0 } }),
      '{"a":{"-":0,"10":1,"9":[{"a":"\\u003c","z":1}]},"b":1}',
    );
    const plain = (text: string): string =>
      text.replaceAll(/\\u003[ce]|\\u0026/g, (e) => JSON.parse(`"${e}"`));
    fc.assert(fc.property(tree, (value) => assert.equal(plain(jsonByName(value)), byRule(value))));
  });

  it('makes nothing anew that is in order', () => {
    const kept = { a: [1, { b: 2, c: 3 }], d: { e: {} } };
    assert.equal(orderedByName(kept), kept);
    const value = { z: kept, y: 1, x: undefined };
    const made = orderedByName(value);
    assert.equal(made.z, kept);
    assert.deepEqual(Object.keys(value), ['z', 'y', 'x'], 'the given one stays');
    assert.equal(
      jsonByName(value, 1),
      `{\n "y": 1,\n "z": ${JSON.stringify(kept, null, 1).replaceAll('\n', '\n ')}\n}`,
    );
  });
});
