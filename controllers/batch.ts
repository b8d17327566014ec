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
