import type { BodyReader, StreamedBody } from '../context.ts';

interface Item {
  readonly bytes: Buffer;
}

interface Parts {
  head: Buffer;
  /** Stands in place of what each item's bytes begin with. */
  opening: Buffer;
  /** The same behind another item. */
  between: Buffer;
  tail: Buffer;
  /** Where the rest of each item's bytes begins. */
  from: number;
}

/**
 * A list as bytes, made while it is written: head, items behind one another, tail. Holds the items
 * until then and copies each of them once, into whatever buffer the reader is given.
 */
export class JoinedList implements StreamedBody {
  readonly length: number;
  readonly #items: readonly Item[];
  readonly #parts: Parts;

  constructor(
    items: readonly Item[],
    { head, opening, tail, from }: { head: string; opening: string; tail: string; from: number },
  ) {
    this.#items = items;
    const parts = {
      head: Buffer.from(head),
      opening: Buffer.from(opening),
      between: Buffer.from(`,${opening}`),
      tail: Buffer.from(tail),
      from,
    };
    this.#parts = parts;
    let length = parts.head.length + parts.tail.length;
    for (const { bytes } of items) length += bytes.length - from + parts.between.length;
    this.length = items.length === 0 ? length : length - 1;
  }

  read(): BodyReader {
    return new JoinedReader(this.#items, this.#parts);
  }
}

class JoinedReader implements BodyReader {
  readonly #items: readonly Item[];
  readonly #parts: Parts;
  /** Items whose separator has been reached. */
  #begun = 0;
  #next: 'separator' | 'item' | 'nothing' = 'separator';
  #piece: Buffer;
  /** Of the piece. */
  #written = 0;

  constructor(items: readonly Item[], parts: Parts) {
    this.#items = items;
    this.#parts = parts;
    this.#piece = parts.head;
  }

  fill(target: Buffer): number {
    let at = 0;
    while (at < target.length) {
      if (this.#written === this.#piece.length && !this.#advance()) break;
      const count = this.#piece.copy(target, at, this.#written);
      at += count;
      this.#written += count;
    }
    return at;
  }

  /** To the next piece; false at the end. */
  #advance(): boolean {
    if (this.#next === 'nothing') return false;
    const { opening, between, tail, from } = this.#parts;
    this.#written = 0;
    if (this.#next === 'item') {
      this.#piece = (this.#items[this.#begun - 1] as Item).bytes;
      this.#written = from;
      this.#next = 'separator';
    } else if (this.#begun === this.#items.length) {
      this.#piece = tail;
      this.#next = 'nothing';
    } else {
      this.#piece = this.#begun === 0 ? opening : between;
      this.#begun += 1;
      this.#next = 'item';
    }
    return true;
  }
}
