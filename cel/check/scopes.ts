import type { CelType } from './cel-type.ts';

/** Types of the names that loops give, the innermost first. */
export class Scopes {
  #stack: readonly ReadonlyMap<string, CelType>[] = [];

  find(name: string): CelType | undefined {
    return this.#stack.findLast((one) => one.has(name))?.get(name);
  }

  within<Result>(names: ReadonlyMap<string, CelType>, work: () => Result): Result {
    const outside = this.#stack;
    this.#stack = [...outside, names];
    const result = work();
    this.#stack = outside;
    return result;
  }
}
