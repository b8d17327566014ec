import { ConnectionError, errorCode } from './protocol.ts';

/**
 * The Huffman code of RFC 7541, appendix B. It is canonical: the lengths of the codes of the 256 octets
 * and of EOS give the codes. Only decoding: what is sent here is sent plain.
 */
const lengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
  6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6,
  7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
  23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22,
  22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22,
  23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27,
  27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
  24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const eos = 256;

/**
 * Nodes of 256 entries, one for each next octet of the code: a positive entry is the index of the next
 * node, a negative one is -(symbol << 4 | bits used of this octet) - 1.
 */
let table: Int32Array | undefined;

function makeTable(): Int32Array {
  const nodes: number[][] = [new Array<number>(256).fill(0)];
  const order = lengths.map((_, symbol) => symbol);
  order.sort((a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b);
  let code = 0;
  let before = 0;
  for (const symbol of order) {
    const length = lengths[symbol] as number;
    code *= 2 ** (length - before);
    before = length;
    let node = 0;
    let left = length;
    while (left > 8) {
      const octet = Math.floor(code / 2 ** (left - 8)) & 0xff;
      const row = nodes[node] as number[];
      if (row[octet] === 0) row[octet] = nodes.push(new Array<number>(256).fill(0)) - 1;
      node = row[octet] as number;
      left -= 8;
    }
    const first = (code << (8 - left)) & 0xff;
    const row = nodes[node] as number[];
    for (let i = 0; i < 1 << (8 - left); i++) row[first + i] = -((symbol << 4) | left) - 1;
    code++;
  }
  return Int32Array.from(nodes.flat());
}

let scratch = Buffer.allocUnsafeSlow(4_096);

/** The text of [start, end). Throws ConnectionError for what is no code, and for padding that is none. */
export function decodeHuffman(bytes: Buffer, start: number, end: number): string {
  table ??= makeTable();
  // the shortest code has five bits
  const most = Math.ceil(((end - start) * 8) / 5);
  const out = most <= scratch.length ? scratch : (scratch = Buffer.allocUnsafeSlow(most * 2));
  let length = 0;
  let node = 0;
  let bits = 0;
  let held = 0;
  /** Since the last whole symbol. */
  let pending = 0;
  for (let at = start; at < end; at++) {
    bits = ((bits << 8) | (bytes[at] as number)) & 0xffff;
    held += 8;
    pending += 8;
    while (held >= 8) {
      const entry = table[node * 256 + ((bits >> (held - 8)) & 0xff)] as number;
      if (entry >= 0) {
        node = entry;
        held -= 8;
        continue;
      }
      const found = -entry - 1;
      if (found >> 4 === eos) throw broken();
      out[length++] = found >> 4;
      held -= found & 15;
      pending = held;
      node = 0;
    }
  }
  while (held > 0) {
    const entry = table[node * 256 + ((bits << (8 - held)) & 0xff)] as number;
    const found = -entry - 1;
    if (entry >= 0 || (found & 15) > held) break;
    if (found >> 4 === eos) throw broken();
    out[length++] = found >> 4;
    held -= found & 15;
    pending = held;
    node = 0;
  }
  const padding = (1 << held) - 1;
  if (pending > 7 || (bits & padding) !== padding) throw broken();
  return out.toString('latin1', 0, length);
}

function broken(): ConnectionError {
  return new ConnectionError(errorCode.compression, 'a header is no Huffman code');
}
