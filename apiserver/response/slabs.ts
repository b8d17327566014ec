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

/** Only when nothing reads it any more: the write of it has been called back. */
export function giveSlab(slab: Buffer): void {
  if (idle.length < idleMax) idle.push(slab);
}
