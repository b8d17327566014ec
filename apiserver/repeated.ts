/**
 * Work of the background that is done every `everyMs` from {@link Repeated.start} on; what it throws is
 * told, and it is done again when its time comes.
 */
export interface Repeated {
  start(): void;
  /** Resolves when what is under way is done. */
  stop(): Promise<void>;
}

export function repeated(
  work: () => Promise<void>,
  everyMs: number,
  onError: (error: unknown) => void,
): Repeated {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  return {
    start() {
      timer = setInterval(() => {
        running = work().catch(onError);
      }, everyMs).unref();
    },
    stop() {
      clearInterval(timer);
      return running;
    },
  };
}
