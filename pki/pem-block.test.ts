import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePem } from './pem-block.ts';

/** As Go's encoding/pem takes them. */

const block = (type: string, body: string) =>
  `-----BEGIN ${type}-----\n${body}-----END ${type}-----\n`;
const shown = (text: string) => {
  const found = decodePem(text);
  return found && { ...found, bytes: found.bytes.toString('hex') };
};

test('a block, what is before and after it', () => {
  const plain = { type: 'A B', headers: {}, bytes: '000102', rest: '' };
  assert.deepEqual(shown(block('A B', 'AAEC\n')), plain);
  assert.deepEqual(shown(`text\n${block('A B', 'AA\r\n EC\n')}rest`), { ...plain, rest: 'rest' });
  assert.deepEqual(shown(block('A B', 'Name : value\n\nAAEC\n')), {
    ...plain,
    headers: { Name: 'value' },
  });
  assert.deepEqual(shown(`-----BEGIN C-----\n${block('A B', 'AAEC\n')}`), plain);
  assert.deepEqual(shown(`${block('C', 'broken\n')}${block('A B', 'AAEC\n')}`), plain);
  assert.deepEqual(shown(block('A B', '')), { ...plain, bytes: '' });
});

test('what is none', () => {
  const good = block('A', 'AAEC\n');
  for (const text of [
    '',
    'AAEC',
    ` ${good}`,
    good.replace('END A', 'END B'),
    good.replace('AAEC', 'AAE'),
    good.replace('AAEC', 'AA-C'),
    good.replace('-----\n', '----\n'),
    good.replace(/\n$/, 'x'),
  ]) {
    assert.equal(decodePem(text), undefined, JSON.stringify(text));
  }
});
