/**
 * Buffers to write large answers from, used again and again: fresh memory of that size costs more
 * than the copying, in page faults and in garbage. Those that a lost response keeps are made anew.
 */
export const slabBytes = 256 * 1024;
/** Idle ones kept; more are left to the garbage collector. */
const idleMax = 16;
const idle: Buffer[] = [];

export function takeSlab(): Buffer {
  return idle.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
}

/** Small answers lie behind one another in blocks: fresh memory for each would be garbage as soon. */
const blockBytes = 64 * 1024;
const smallMax = blockBytes / 4;
let block = Buffer.alloc(0);
let used = 0;

/** Memory for one answer, with anything in it. */
export function answerBytes(length: number): Buffer {
  if (length > smallMax) return Buffer.allocUnsafe(length);
  if (used + length > block.length) {
    block = Buffer.allocUnsafeSlow(blockBytes);
    used = 0;
  }
  const from = used;
  used += length;
  return block.subarray(from, used);
}

/** Only when nothing reads it any more: the write of it has been called back. */
export function giveSlab(slab: Buffer): void {
  if (idle.length < idleMax) idle.push(slab);
}
