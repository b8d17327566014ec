import { writeSync } from 'node:fs';

const stderr = 2;
/** Between two tries while a pipe is full. */
const pauseMs = 10;

/** At once and in full, so that the last line before an end is there. */
export function writeToStderr(text: string): void {
  let left = Buffer.from(text);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(stderr, left));
    } catch (error) {
      // whoever read it is gone: there is nobody left to tell
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}
