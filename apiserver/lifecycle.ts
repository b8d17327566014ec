/**
 * The life of a server as a pure machine: starting, ready, draining, stopped. Health checks read it,
 * shutdown drives it. Order of a shutdown (k8s.io/apiserver, --shutdown-delay-duration):
 * readyz fails first, requests still come for the delay, then the listener closes, then requests in
 * flight end, then watches are told to go.
 */
export type Phase = 'starting' | 'ready' | 'draining' | 'stopped';

/** What a start is made of; each is done once. */
export type StartStep =
  | 'caches'
  | 'custom resources'
  | 'own objects'
  | 'bootstrap policy'
  | 'aggregation'
  | 'service repair';

export class Lifecycle {
  #phase: Phase = 'starting';
  readonly #done = new Set<StartStep>();
  #inFlight = 0;
  #idle: (() => void)[] = [];
  /** Requests that come now are told to come back (`--shutdown-send-retry-after`). */
  refusing = false;

  get phase(): Phase {
    return this.#phase;
  }

  finish(step: StartStep): void {
    this.#done.add(step);
  }

  /** Waits for what the step is. */
  async step(name: StartStep, work: Promise<unknown>): Promise<void> {
    await work;
    this.finish(name);
  }

  isDone(step: StartStep): boolean {
    return this.#done.has(step);
  }

  ready(): void {
    if (this.#phase === 'starting') this.#phase = 'ready';
  }

  drain(): void {
    if (this.#phase !== 'stopped') this.#phase = 'draining';
  }

  stop(): void {
    this.#phase = 'stopped';
  }

  /** Requests that are not long-running: a shutdown waits for them. */
  get inFlight(): number {
    return this.#inFlight;
  }

  begin(): void {
    this.#inFlight += 1;
  }

  end(): void {
    this.#inFlight -= 1;
    if (this.#inFlight > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Resolves when no request is in flight, or after `timeoutMs`. */
  async idle(timeoutMs: number): Promise<void> {
    if (this.#inFlight === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      new Promise<void>((resolve) => this.#idle.push(resolve)),
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      }),
    ]);
    clearTimeout(timer);
  }
}
