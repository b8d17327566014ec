import { staticIndex, staticStatus } from './header-table.ts';
import type { HeaderList } from './protocol.ts';

/**
 * HPACK (RFC 7541), the side that writes. It keeps no table and no Huffman code: a few bytes more on the
 * wire, no state, and a block costs little more than its copy.
 */
let scratch = Buffer.allocUnsafeSlow(8_192);

/** The block of these headers: a view that the next call overwrites. */
export function encodeHeaders(list: HeaderList): Buffer {
  let room = 0;
  // an octet of Latin-1 a character, and the most that numbers take
  for (const text of list) room += text.length + 6;
  if (room > scratch.length) scratch = Buffer.allocUnsafeSlow(room * 2);
  let at = 0;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string;
    const value = list[i + 1] as string;
    const status = name === ':status' ? staticStatus.get(value) : undefined;
    if (status !== undefined) {
      scratch[at++] = 0x80 | status;
      continue;
    }
    const index = staticIndex.get(name);
    if (index === undefined) {
      scratch[at++] = 0;
      at = putString(at, name);
    } else at = putInteger(at, 0, 4, index);
    at = putString(at, value);
  }
  return scratch.subarray(0, at);
}

function putString(at: number, text: string): number {
  const start = putInteger(at, 0, 7, text.length);
  return start + scratch.write(text, start, 'latin1');
}

function putInteger(at: number, flags: number, prefix: number, value: number): number {
  const most = (1 << prefix) - 1;
  if (value < most) {
    scratch[at] = flags | value;
    return at + 1;
  }
  scratch[at++] = flags | most;
  let rest = value - most;
  for (; rest >= 0x80; rest >>>= 7) scratch[at++] = (rest & 0x7f) | 0x80;
  scratch[at++] = rest;
  return at;
}
