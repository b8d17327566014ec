/** IPv4 ranges cut into equal blocks, one per node; pure. */
export interface Cidr {
  base: number;
  bits: number;
}

/** @throws Error when it is no IPv4 CIDR */
export function parseCidr(text: string): Cidr {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  const numbers = (match ?? []).slice(1).map(Number);
  const [a = 256, b = 256, c = 256, d = 256, bits = 33] = numbers;
  if ([a, b, c, d].some((n) => n > 255) || bits > 32) {
    throw new Error(`${JSON.stringify(text)} is not an IPv4 CIDR`);
  }
  const size = 2 ** (32 - bits);
  const base = ((a * 256 + b) * 256 + c) * 256 + d;
  return { base: base - (base % size), bits };
}

export function formatCidr({ base, bits }: Cidr): string {
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${bits}`;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  const end = ({ base, bits }: Cidr) => base + 2 ** (32 - bits);
  return a.base < end(b) && b.base < end(a);
}

/** The first block of `range` that overlaps none of `taken`; undefined when the range is used up. */
export function freeBlock(range: Cidr, bits: number, taken: readonly Cidr[]): Cidr | undefined {
  const size = 2 ** (32 - bits);
  const sorted = taken.toSorted((a, b) => a.base - b.base);
  const end = range.base + 2 ** (32 - range.bits);
  let at = range.base;
  for (const other of sorted) {
    if (at + size <= other.base) break;
    const after = other.base + 2 ** (32 - other.bits);
    if (after > at) at = Math.ceil((after - range.base) / size) * size + range.base;
  }
  return at + size <= end ? { base: at, bits } : undefined;
}
