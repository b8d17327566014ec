/**
 * Run `count` calls in batches of 1, 2, 4, ... and stop after the first batch with a failure, so that
 * a quota or a broken webhook sees one refused pod and not a thousand. Returns the number that
 * succeeded and the first error.
 */
export async function slowStart(
  count: number,
  call: (index: number) => Promise<unknown>,
): Promise<{ succeeded: number; error?: Error }> {
  let succeeded = 0;
  for (let done = 0, size = 1; done < count; done += size, size *= 2) {
    size = Math.min(size, count - done);
    const from = done;
    const results = await Promise.allSettled(
      Array.from({ length: size }, (_, i) => call(from + i)),
    );
    succeeded += results.filter((r) => r.status === 'fulfilled').length;
    const failed = results.find((r) => r.status === 'rejected');
    if (failed !== undefined) {
      const reason: unknown = failed.reason;
      return { succeeded, error: reason instanceof Error ? reason : new Error(String(reason)) };
    }
  }
  return { succeeded };
}

/** Each in turn, whatever becomes of those before; what failed first is thrown in the end. */
export async function eachInTurn<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  let failure: { error: unknown } | undefined;
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}
