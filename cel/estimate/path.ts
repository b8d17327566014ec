/**
 * The way from a variable to a value: names of fields, `@items`, `@keys`, `@values`.
 *
 * Upstream's are slices of Go: two that go on from the same one may share storage, and the second then
 * writes over the last step of the first. What a loop over `m.a` is thought to take is, for that
 * reason, what `m.b` holds when its body names that. Estimates decide what may be stored, so ours
 * share as well.
 */
export class Path {
  static readonly none = new Path([], 0, 0);
  readonly #storage: string[];
  readonly #capacity: number;
  readonly length: number;

  private constructor(storage: string[], length: number, capacity: number) {
    this.#storage = storage;
    this.length = length;
    this.#capacity = capacity;
  }

  static of(variable: string): Path {
    return Path.none.to(variable);
  }

  get steps(): readonly string[] {
    return this.#storage.slice(0, this.length);
  }

  to(step: string): Path {
    const length = this.length + 1;
    if (length <= this.#capacity) {
      this.#storage[this.length] = step;
      return new Path(this.#storage, length, this.#capacity);
    }
    return new Path([...this.steps, step], length, Math.max(1, 2 * this.#capacity));
  }
}
