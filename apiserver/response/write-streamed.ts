import type { Writable } from 'node:stream';
import type { StreamedBody } from '../context.ts';
import { giveSlab, takeSlab } from './slabs.ts';

/** Piece by piece, waiting while the reader is slow; gives up when it has gone. */
export async function writeStreamed(writer: Writable, body: StreamedBody): Promise<void> {
  const reader = body.read();
  for (;;) {
    if (writer.destroyed) return;
    const slab = takeSlab();
    const count = reader.fill(slab);
    if (count === 0) return giveSlab(slab);
    const flows = writer.write(slab.subarray(0, count), (error) => {
      // after a failed write nobody says that the buffer is free
      if (!error) giveSlab(slab);
    });
    if (!flows) await drained(writer);
  }
}

function drained(writer: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      writer.off('drain', settle);
      writer.off('close', settle);
      resolve();
    };
    writer.on('drain', settle);
    writer.on('close', settle);
  });
}
