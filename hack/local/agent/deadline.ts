/** A timer that is told to wait longer does not wait at all. */
export const timerMostMs = 2 ** 31 - 1;

/** The time a pod may be active; it may be given one, or a shorter one, while it runs. */
export class Deadline {
  readonly #exceed: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(exceed: () => void) {
    this.#exceed = exceed;
  }

  /** `since`: ms since 1970. Without `seconds` there is none. */
  set(since: number, seconds: number | undefined): void {
    this.clear();
    if (seconds === undefined) return;
    const leftMs = since + seconds * 1000 - Date.now();
    // more than a timer can wait, and than a local node is up
    if (leftMs > timerMostMs) return;
    this.#timer = setTimeout(this.#exceed, Math.max(0, leftMs));
    this.#timer.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
