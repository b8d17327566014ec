import { deepCopy } from '../../object/copy.ts';
import { deepEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import type { AdmissionRequest } from './plugin.ts';

/**
 * The two rounds of what changes an object: when something has changed it, those that asked for it
 * (reinvocationPolicy IfNeeded) and ran before see it once more
 * (k8s.io/apiserver webhook/mutating reinvocationcontext.go).
 */
export class Rounds {
  readonly #rounds = new WeakMap<AdmissionRequest, Round>();

  /** To begin with, in each round. */
  of(request: AdmissionRequest): Round {
    let round = this.#rounds.get(request);
    if (round === undefined) {
      round = new Round(request);
      this.#rounds.set(request, round);
    }
    return round;
  }

  wantsAnother(request: AdmissionRequest): boolean {
    return this.#rounds.get(request)?.changed === true;
  }
}

export class Round {
  changed = false;
  readonly #request: AdmissionRequest;
  /** Ran, and want to see later changes. */
  readonly #invoked = new Set<string>();
  readonly #again = new Set<string>();
  #output: KubeObject | undefined;

  constructor(request: AdmissionRequest) {
    this.#request = request;
  }

  begin(): void {
    const { reinvocation, object } = this.#request;
    if (reinvocation !== true || this.#invoked.size === 0) return;
    if (!deepEqual(object, this.#output)) this.#askAgain();
  }

  end(): void {
    const { reinvocation, object } = this.#request;
    if (reinvocation === true || this.#invoked.size === 0 || object === undefined) return;
    this.#output = deepCopy(object);
  }

  runs(id: string): boolean {
    return this.#request.reinvocation !== true || this.#again.has(id);
  }

  ran(id: string, changed: boolean, wantsLaterChanges: boolean): void {
    if (changed) {
      this.changed = true;
      this.#askAgain();
    }
    if (wantsLaterChanges) this.#invoked.add(id);
  }

  #askAgain(): void {
    for (const id of this.#invoked) this.#again.add(id);
    this.#invoked.clear();
  }
}
