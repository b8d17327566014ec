/**
 * What a reconcile decided; one switch in `loop.ts` handles it. Reconcilers return, they do not
 * sleep or requeue by themselves.
 */
export type Result =
  | { kind: 'done' }
  /** Look again after this long even if nothing changes. */
  | { kind: 'requeue-after'; ms: number }
  /** Failed for now: again with exponential back-off. */
  | { kind: 'retry'; error: Error }
  /** Failed until the object changes. */
  | { kind: 'terminal'; error: Error };

export const done: Result = { kind: 'done' };

export function requeueAfter(ms: number): Result {
  return { kind: 'requeue-after', ms };
}

export function retry(error: Error): Result {
  return { kind: 'retry', error };
}

export function terminal(error: Error): Result {
  return { kind: 'terminal', error };
}
