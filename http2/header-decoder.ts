import { staticNames, staticValues } from './header-table.ts';
import { decodeHuffman } from './huffman.ts';
import { ConnectionError, errorCode, type HeaderList } from './protocol.ts';

/** What the peer may make this side remember, in bytes as RFC 7541 counts them; we announce no other. */
export const tableBytes = 4_096;
/** For each entry, beside its name and value (RFC 7541, 4.1). */
const entryOverhead = 32;

/** HPACK (RFC 7541), the side that reads: one for each connection, fed every block in order. */
export class HeaderDecoder {
  /** The newest entry is the last; what lies before `#oldest` is forgotten. */
  #names: string[] = [];
  #values: string[] = [];
  #oldest = 0;
  #size = 0;
  #capacity = tableBytes;
  readonly #maxListBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /** `maxListBytes`: of one list, each header counted with 32 bytes more. */
  constructor(maxListBytes: number) {
    this.#maxListBytes = maxListBytes;
  }

  /**
   * The headers of the block [start, end); undefined when they are more than allowed (the table is kept
   * right all the same). Throws ConnectionError when it cannot be read.
   */
  decode(bytes: Buffer, start: number, end: number): HeaderList | undefined {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    const list: string[] = [];
    let size = 0;
    while (this.#at < end) {
      const first = bytes[this.#at] as number;
      if ((first & 0xe0) === 0x20) {
        if (list.length > 0) throw broken('its table changes size in the middle');
        this.#resize(this.#integer(5));
        continue;
      }
      let name: string;
      let value: string;
      if (first >= 0x80) {
        const index = this.#integer(7);
        name = this.#name(index);
        value = this.#value(index);
      } else {
        const indexed = first >= 0x40;
        const index = this.#integer(indexed ? 6 : 4);
        name = index === 0 ? this.#string() : this.#name(index);
        value = this.#string();
        if (indexed) this.#add(name, value);
      }
      size += name.length + value.length + entryOverhead;
      if (size <= this.#maxListBytes) list.push(name, value);
    }
    this.#bytes = Buffer.alloc(0);
    return size > this.#maxListBytes ? undefined : list;
  }

  #name(index: number): string {
    if (index <= staticNames.length && index > 0) return staticNames[index - 1] as string;
    return this.#names[this.#dynamic(index)] as string;
  }

  #value(index: number): string {
    if (index <= staticValues.length && index > 0) return staticValues[index - 1] as string;
    return this.#values[this.#dynamic(index)] as string;
  }

  /** Where an entry of the dynamic table lies; the newest has the lowest index. */
  #dynamic(index: number): number {
    const at = this.#names.length + staticNames.length - index;
    if (index === 0 || at < this.#oldest) throw broken(`there is no entry ${index}`);
    return at;
  }

  #add(name: string, value: string): void {
    const size = name.length + value.length + entryOverhead;
    this.#evict(this.#capacity - size);
    if (size > this.#capacity) return;
    this.#names.push(name);
    this.#values.push(value);
    this.#size += size;
  }

  #resize(capacity: number): void {
    if (capacity > tableBytes) throw broken('its table is larger than allowed');
    this.#capacity = capacity;
    this.#evict(capacity);
  }

  /** Until what is left has at most so many bytes. */
  #evict(room: number): void {
    while (this.#size > room && this.#oldest < this.#names.length) {
      const name = this.#names[this.#oldest] as string;
      const value = this.#values[this.#oldest] as string;
      this.#size -= name.length + value.length + entryOverhead;
      this.#oldest++;
    }
    // the forgotten are let go now and then, not one by one
    if (this.#oldest > 64 && this.#oldest * 2 > this.#names.length) {
      this.#names = this.#names.slice(this.#oldest);
      this.#values = this.#values.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** An integer whose first octet has `prefix` bits of it (RFC 7541, 5.1). */
  #integer(prefix: number): number {
    const most = (1 << prefix) - 1;
    let value = this.#octet() & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const octet = this.#octet();
      // four octets reach past every size and index there can be
      if (shift > 21) throw broken('a number is too large');
      value += (octet & 0x7f) << shift;
      if (octet < 0x80) return value;
    }
  }

  #octet(): number {
    if (this.#at >= this.#end) throw broken('it ends in the middle');
    return this.#bytes[this.#at++] as number;
  }

  #string(): string {
    const huffman = this.#at < this.#end && (this.#bytes[this.#at] as number) >= 0x80;
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw broken('it ends in the middle');
    this.#at = end;
    return huffman
      ? decodeHuffman(this.#bytes, start, end)
      : this.#bytes.toString('latin1', start, end);
  }
}

function broken(why: string): ConnectionError {
  return new ConnectionError(errorCode.compression, `a block of headers cannot be read: ${why}`);
}
