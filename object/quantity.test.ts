import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
  subtractQuantities,
} from './quantity.ts';

test('canonical text as upstream writes it', () => {
  const cases: [string | number, string][] = [
    ['1.5', '1500m'],
    ['1.5Gi', '1536Mi'],
    ['0.1m', '100u'],
    ['1024Mi', '1Gi'],
    ['1000Ki', '1000Ki'],
    ['1.1Ki', '1126400m'],
    ['0.5Ki', '512'],
    ['1000m', '1'],
    ['1000000', '1M'],
    ['12e6', '12e6'],
    ['1e-12', '1e-9'],
    ['0.0000000001', '1n'],
    ['100m', '100m'],
    ['-1', '-1'],
    ['0', '0'],
    [0.5, '500m'],
    [' 1 ', '1'],
    ['9Ei', '9223372036854775807'],
  ];
  for (const [text, canonical] of cases) assert.equal(canonicalQuantity(text), canonical);
});

test('what is no quantity is refused', () => {
  for (const text of ['', 'a', '1x', '1 Gi', '1.2.3', '1KiB']) {
    assert.throws(() => parseQuantity(text), /quantities must match the regular expression/, text);
  }
  for (const text of ['1ki', '1K', '1mm', '1i', '1e', '--1']) {
    assert.throws(() => parseQuantity(text), /unable to parse quantity's suffix/, text);
  }
});

test('values round away from zero', () => {
  assert.equal(quantityValue(parseQuantity('1100m')), 2);
  assert.equal(quantityValue(parseQuantity('-1100m')), -2);
  assert.equal(quantityMilliValue(parseQuantity('1u')), 1);
  assert.equal(quantityMilliValue(parseQuantity('2')), 2000);
});

test('a sum keeps the format of the first that is not zero', () => {
  const sum = addQuantities(parseQuantity('0'), parseQuantity('1Gi'));
  assert.equal(formatQuantity(addQuantities(sum, parseQuantity('1Gi'))), '2Gi');
  assert.equal(formatQuantity(addQuantities(parseQuantity('100m'), parseQuantity('900m'))), '1');
});

const scale: Record<string, [bigint, bigint]> = {
  n: [1n, 1_000_000_000n],
  u: [1n, 1_000_000n],
  m: [1n, 1000n],
  '': [1n, 1n],
  k: [1000n, 1n],
  M: [10n ** 6n, 1n],
  G: [10n ** 9n, 1n],
  Ki: [1024n, 1n],
  Mi: [1024n ** 2n, 1n],
  Gi: [1024n ** 3n, 1n],
  e3: [1000n, 1n],
  'e-3': [1n, 1000n],
};

const written = fc.record({
  whole: fc.bigInt(0n, 10n ** 9n),
  fraction: fc.stringMatching(/^\d{0,11}$/),
  suffix: fc.constantFrom(...Object.keys(scale)),
  negative: fc.boolean(),
});

test('the value agrees with rational arithmetic, and the canonical text with the value', () => {
  fc.assert(
    fc.property(written, ({ whole, fraction, suffix, negative }) => {
      const text = `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}${suffix}`;
      const [up, down] = scale[suffix] as [bigint, bigint];
      const numerator = BigInt(`${whole}${fraction}`) * up * 10n ** 9n;
      const denominator = 10n ** BigInt(fraction.length) * down;
      const size = (numerator + denominator - 1n) / denominator;
      const parsed = parseQuantity(text);
      assert.equal(parsed.nano, negative ? -size : size);
      const canonical = formatQuantity(parsed);
      assert.equal(parseQuantity(canonical).nano, parsed.nano);
      assert.equal(canonicalQuantity(canonical), canonical);
    }),
  );
});

test('comparing is comparing values', () => {
  assert.equal(compareQuantities(parseQuantity('1Gi'), parseQuantity('1G')), 1);
  assert.equal(compareQuantities(parseQuantity('1024Mi'), parseQuantity('1Gi')), 0);
});

test('sums, differences and comparisons agree with bigints', () => {
  const suffix = fc.constantFrom(...Object.keys(scale));
  const text = fc.tuple(fc.bigInt(-(10n ** 9n), 10n ** 9n), suffix);
  const exact = ([amount, unit]: [bigint, string]): bigint => {
    const [up, down] = scale[unit] as [bigint, bigint];
    return (amount * up * 10n ** 9n) / down;
  };
  fc.assert(
    fc.property(text, text, (left, right) => {
      const [a, b] = [parseQuantity(left.join('')), parseQuantity(right.join(''))];
      const [x, y] = [exact(left), exact(right)];
      assert.equal(addQuantities(a, b).nano, x + y);
      assert.equal(subtractQuantities(a, b).nano, x - y);
      assert.equal(compareQuantities(a, b), x < y ? -1 : x > y ? 1 : 0);
      const sum = formatQuantity(addQuantities(a, b));
      assert.equal(parseQuantity(sum).nano, x + y, sum);
    }),
  );
});
