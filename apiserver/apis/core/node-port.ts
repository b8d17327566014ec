import { randomInt } from 'node:crypto';
import type { KubeObject } from '../../../object/object.ts';
import { AllocationError } from './service-ip.ts';

/**
 * Node ports: one bitmap for the whole cluster, in the RangeAllocation object that upstream keeps at
 * /registry/ranges/servicenodeports. Bit i of the big-endian number stands for port `first + i`.
 */

export interface NodePortPorts {
  /**
   * Reads the RangeAllocation, changes it and writes it, again when another server was faster.
   * `change` gets undefined when there is none yet; it may throw, and then nothing is written.
   */
  update(change: (allocation: KubeObject | undefined) => KubeObject): Promise<void>;
  /** What is there now. */
  read(): Promise<KubeObject | undefined>;
}

export interface PortRange {
  first: number;
  last: number;
}

const alreadyAllocated = 'provided port is already allocated';

/** The first port that a dry run makes up is the next. */
const beforeGuess = 32768;

export class NodePortAllocator {
  readonly #ports: NodePortPorts;
  readonly range: PortRange;

  constructor(range: PortRange, ports: NodePortPorts) {
    this.range = range;
    this.#ports = ports;
  }

  /**
   * Takes the ports asked for, and for every 'any' a free one, in one write, or none of them; gives
   * what was taken, in order. @throws PortError about the first that cannot be had
   */
  async take(wanted: readonly (number | 'any')[], dryRun: boolean): Promise<number[]> {
    if (wanted.length === 0) return [];
    if (dryRun) return this.#guess(wanted);
    let taken: number[] = [];
    await this.#ports.update((allocation) => {
      const bits = this.#bits(allocation);
      taken = wanted.map((port, i) => {
        if (port === 'any') return this.#takeFree(bits, i);
        this.#takeOne(bits, port, i);
        return port;
      });
      return this.#object(allocation, bits);
    });
    return taken;
  }

  /**
   * What a dry run says, in upstream's way: a port out of the range is not refused, and a free one is
   * a number that no port may have.
   */
  async #guess(wanted: readonly (number | 'any')[]): Promise<number[]> {
    const bits = this.#bits(await this.#ports.read());
    const taken: number[] = [];
    for (const [i, port] of wanted.entries()) {
      if (port === 'any') {
        taken.push((taken.length === 0 ? beforeGuess : Math.max(...taken)) + 1);
        continue;
      }
      const held = this.#contains(port) && hasBit(bits, port - this.range.first);
      if (held || taken.includes(port)) throw new PortError(i, alreadyAllocated);
      taken.push(port);
    }
    return taken;
  }

  async release(ports: readonly number[]): Promise<void> {
    const own = ports.filter((port) => this.#contains(port));
    if (own.length === 0) return;
    await this.#ports.update((allocation) => {
      const bits = this.#bits(allocation);
      for (const port of own) setBit(bits, port - this.range.first, false);
      return this.#object(allocation, bits);
    });
  }

  /**
   * Makes the ports in use what `decide` makes of those that are. Others that change them meanwhile
   * win: nothing is written then.
   */
  async replace(decide: (held: ReadonlySet<number>) => Promise<Set<number>>): Promise<void> {
    const seen = await this.#ports.read();
    const before = this.#bits(seen);
    const held = new Set<number>();
    for (let port = this.range.first; port <= this.range.last; port++) {
      if (hasBit(before, port - this.range.first)) held.add(port);
    }
    const after = Buffer.alloc(before.length);
    for (const port of await decide(held)) setBit(after, port - this.range.first, true);
    if (after.equals(before)) return;
    await this.#ports.update((now) =>
      this.#object(now, now?.data === seen?.data ? after : this.#bits(now)),
    );
  }

  #contains(port: number): boolean {
    return port >= this.range.first && port <= this.range.last;
  }

  #takeOne(bits: Buffer, port: number, i: number): void {
    if (!this.#contains(port)) {
      const { first, last } = this.range;
      throw new PortError(
        i,
        `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      );
    }
    const index = port - this.range.first;
    if (hasBit(bits, index)) throw new PortError(i, alreadyAllocated);
    setBit(bits, index, true);
  }

  /** From a random place in the upper part on, then the lower part (KEP-3668). */
  #takeFree(bits: Buffer, i: number): number {
    const size = this.range.last - this.range.first + 1;
    const border = staticBand(size);
    for (const [from, to] of [
      [border, size],
      [0, border],
    ] as const) {
      const length = to - from;
      if (length <= 0) continue;
      const start = randomInt(length);
      for (let step = 0; step < length; step++) {
        const index = from + ((start + step) % length);
        if (hasBit(bits, index)) continue;
        setBit(bits, index, true);
        return this.range.first + index;
      }
    }
    throw new PortError(i, 'range is full');
  }

  #text(): string {
    return `${this.range.first}-${this.range.last}`;
  }

  /** The bitmap as a fixed number of bytes; a bitmap of another range is carried over port by port. */
  #bits(allocation: KubeObject | undefined): Buffer {
    const bits = Buffer.alloc(Math.ceil((this.range.last - this.range.first + 1) / 8));
    const data = Buffer.from(allocation?.data ?? '', 'base64');
    const first = Number(/^([0-9]+)-/.exec(allocation?.range ?? '')?.[1] ?? this.range.first);
    for (let index = 0; index < data.length * 8; index++) {
      const port = first + index;
      if (hasBit(data, index) && this.#contains(port)) setBit(bits, port - this.range.first, true);
    }
    return bits;
  }

  #object(allocation: KubeObject | undefined, bits: Buffer): KubeObject {
    const start = bits.findIndex((byte) => byte !== 0);
    // As Go's big.Int writes itself: without leading zeros.
    const data = start < 0 ? Buffer.alloc(0) : bits.subarray(start);
    return {
      apiVersion: 'v1',
      kind: 'RangeAllocation',
      metadata: allocation?.metadata ?? {},
      range: this.#text(),
      data: data.toString('base64'),
    };
  }
}

/** An {@link AllocationError} about one of the ports that were wanted, by its place among them. */
export class PortError extends AllocationError {
  readonly index: number;
  constructor(index: number, message: string) {
    super(message);
    this.index = index;
  }
}

function hasBit(bits: Buffer, index: number): boolean {
  const byte = bits[bits.length - 1 - (index >> 3)] ?? 0;
  return ((byte >> (index & 7)) & 1) === 1;
}

function setBit(bits: Buffer, index: number, on: boolean): void {
  const at = bits.length - 1 - (index >> 3);
  const mask = 1 << (index & 7);
  const byte = bits[at] ?? 0;
  bits[at] = on ? byte | mask : byte & ~mask;
}

/** Ports at the beginning that are given out last: one in 32, between 16 and 128. */
function staticBand(size: number): number {
  if (size < 16) return 0;
  return Math.min(Math.max(Math.floor(size / 32), 16), 128);
}
