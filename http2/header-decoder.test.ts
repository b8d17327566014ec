import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeaderDecoder, tableBytes } from './header-decoder.ts';
import { encodeHeaders } from './header-encoder.ts';
import { ConnectionError } from './protocol.ts';

function decode(decoder: HeaderDecoder, hex: string) {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  return decoder.decode(bytes, 0, bytes.length);
}

const big = 1 << 20;

test('the examples of RFC 7541, C.4: requests with Huffman codes, one after the other', () => {
  const decoder = new HeaderDecoder(big);
  const request = [':method', 'GET', ':scheme', 'http', ':path', '/'];
  const authority = [':authority', 'www.example.com'];
  assert.deepEqual(decode(decoder, '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'), [
    ...request,
    ...authority,
  ]);
  assert.deepEqual(decode(decoder, '8286 84be 5886 a8eb 1064 9cbf'), [
    ...request,
    ...authority,
    'cache-control',
    'no-cache',
  ]);
  const last = decode(decoder, '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf');
  assert.deepEqual(last, [
    ...[':method', 'GET', ':scheme', 'https', ':path', '/index.html'],
    ...authority,
    ...['custom-key', 'custom-value'],
  ]);
});

test('the examples of RFC 7541, C.6: responses whose table is too small for all', () => {
  const decoder = new HeaderDecoder(big);
  // the examples have a table of 256 octets
  const first = decode(
    decoder,
    '3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
  );
  const dated = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'];
  const located = ['location', 'https://www.example.com'];
  assert.deepEqual(first, [':status', '302', 'cache-control', 'private', ...dated, ...located]);
  const second = decode(decoder, '4883 640e ffc1 c0bf');
  assert.deepEqual(second, [':status', '307', 'cache-control', 'private', ...dated, ...located]);
  const third = decode(
    decoder,
    '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
  );
  assert.deepEqual(third, [
    ...[':status', '200', 'cache-control', 'private', 'date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
    ...[...located, 'content-encoding', 'gzip', 'set-cookie'],
    'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ]);
});

test('what is encoded is decoded', () => {
  const octets = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
    maxLength: 300,
  });
  const name = fc.oneof(fc.constantFrom(':status', 'content-type', 'date', 'x'), octets);
  const value = fc.oneof(fc.constantFrom('200', '404', '418', ''), octets);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (pairs) => {
      const list = pairs.flat();
      const block = encodeHeaders(list);
      assert.deepEqual(new HeaderDecoder(big).decode(block, 0, block.length), list);
    }),
  );
});

test('more headers than allowed leave the table right', () => {
  const decoder = new HeaderDecoder(100);
  // custom-key: custom-value, put into the table, three times over
  const literal = '4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf';
  assert.equal(decode(decoder, `${literal} bebe`), undefined);
  assert.deepEqual(decode(decoder, 'be'), ['custom-key', 'custom-value']);
});

test('the table holds no more than it may', () => {
  const decoder = new HeaderDecoder(big);
  const value = 'v'.repeat(1_000);
  const entry = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0xe9, 0x06]), Buffer.from(value)]);
  assert.equal(entry[3], 0x7f);
  const length = entry.length;
  for (let i = 0; i < 500; i++) assert.deepEqual(decoder.decode(entry, 0, length), ['a', value]);
  // three entries of 1,033 octets fit into 4,096, a fourth does not
  assert.equal(Math.floor(tableBytes / 1_033), 3);
  assert.deepEqual(decode(decoder, 'c0'), ['a', value]);
  assert.throws(() => decode(decoder, 'c1'), /no entry 65/);
  // what is larger than the table empties it
  const large = Buffer.concat([
    Buffer.from([0x40, 1, 0x61, 0x7f, 0x81, 0x3f]),
    Buffer.alloc(8_192, 'x'),
  ]);
  assert.equal(decoder.decode(large, 0, large.length)?.[1]?.length, 8_192);
  assert.throws(() => decode(decoder, 'be'), /no entry 62/);
});

test('what is no block of headers is refused, and nothing else happens', () => {
  const broken = [
    '80', // no entry 0
    'be', // an empty table
    '00', // ends in the middle
    '0005 6162', // ends in the middle of a string
    '3fe21f', // a table larger than allowed
    '82 20', // a change of the table behind a header
    'ffffffffff0f', // a number without end
    '0081ff 0161', // eight bits of padding
    '0081 1801 61', // padding that is not all ones
    '0084 ffff ffff 0161', // the end of the string, coded
  ];
  for (const hex of broken) {
    assert.throws(() => decode(new HeaderDecoder(big), hex), ConnectionError, hex);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        new HeaderDecoder(big).decode(Buffer.from(bytes), 0, bytes.length);
      } catch (error) {
        assert(error instanceof ConnectionError);
      }
    }),
  );
});
