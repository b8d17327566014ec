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

export class NodePortAllocator {
  readonly #ports: NodePortPorts;
  readonly range: PortRange;

  constructor(range: PortRange, ports: NodePortPorts) {
    this.range = range;
    this.#ports = ports;
  }

  /**
   * Takes all `wanted` ports and as many more as `any` says, in one write, or none of them; gives
   * the additional ones. @throws AllocationError, with the port when one of `wanted` is the reason
   */
  async take(wanted: readonly number[], any: number, dryRun: boolean): Promise<number[]> {
    let chosen: number[] = [];
    const change = (allocation: KubeObject | undefined): KubeObject => {
      const bits = this.#bits(allocation);
      for (const port of wanted) this.#takeOne(bits, port);
      chosen = [];
      for (let i = 0; i < any; i++) chosen.push(this.#takeFree(bits));
      return this.#object(allocation, bits);
    };
    if (wanted.length + any === 0) return [];
    if (dryRun) change(await this.#ports.read());
    else await this.#ports.update(change);
    return chosen;
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

  #takeOne(bits: Buffer, port: number): void {
    if (!this.#contains(port)) {
      const { first, last } = this.range;
      throw new PortError(
        port,
        `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      );
    }
    const index = port - this.range.first;
    if (hasBit(bits, index)) throw new PortError(port, 'provided port is already allocated');
    setBit(bits, index, true);
  }

  /** From a random place in the upper part on, then the lower part (KEP-3668). */
  #takeFree(bits: Buffer): number {
    const size = this.range.last - this.range.first + 1;
    const border = staticBand(size);
    for (const [from, to] of [
      [border, size],
      [0, border],
    ] as const) {
      const length = to - from;
      if (length <= 0) continue;
      const start = randomInt(length);
      for (let i = 0; i < length; i++) {
        const index = from + ((start + i) % length);
        if (hasBit(bits, index)) continue;
        setBit(bits, index, true);
        return this.range.first + index;
      }
    }
    throw new AllocationError('range is full');
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

/** An {@link AllocationError} about one port that was asked for. */
export class PortError extends AllocationError {
  readonly port: number;
  constructor(port: number, message: string) {
    super(message);
    this.port = port;
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
