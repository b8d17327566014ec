import { Duration, isMap, isTyped, Optional, Timestamp, typeName, Uint } from './values.ts';

/**
 * What calls run: functions by name and by the types of the values they get, which are known for
 * sure only when an expression runs.
 */
export type Implementation = (...args: never[]) => unknown;

export interface Candidate {
  /** Called on a value, which is its first argument. */
  member: boolean;
  accepts: readonly ((value: unknown) => boolean)[];
  run: (...args: unknown[]) => unknown;
}

const anything = (): boolean => true;

const tests: Readonly<Record<string, (value: unknown) => boolean>> = {
  bool: (value) => typeof value === 'boolean',
  bytes: (value) => value instanceof Uint8Array,
  double: (value) => typeof value === 'number',
  duration: (value) => value instanceof Duration,
  dyn: anything,
  int: (value) => typeof value === 'bigint',
  list: (value) => Array.isArray(value),
  map: isMap,
  optional: (value) => value instanceof Optional,
  string: (value) => typeof value === 'string',
  texts: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  timestamp: (value) => value instanceof Timestamp,
  uint: (value) => value instanceof Uint,
};

function testOf(type: string): (value: unknown) => boolean {
  return tests[type] ?? ((value) => isTyped(value) && value.celType === type);
}

export class Functions {
  readonly #candidates = new Map<string, Candidate[]>();
  /** Functions of the language itself: errors do not name them. */
  readonly #plain = new Set<string>();

  /** @param signature `name(string, int)`; with a dot before it the first type is what it is called on */
  add(signature: string, run: Implementation): this {
    const open = signature.indexOf('(');
    const member = signature.startsWith('.');
    const name = signature.slice(member ? 1 : 0, open);
    const types = signature
      .slice(open + 1, -1)
      .split(/,\s*/)
      .filter(Boolean);
    const candidate = {
      member,
      accepts: types.map(testOf),
      run: run as Candidate['run'],
    };
    const known = this.#candidates.get(name);
    if (known === undefined) this.#candidates.set(name, [candidate]);
    else known.push(candidate);
    return this;
  }

  /** All that are there now are the language's own. */
  markPlain(): void {
    for (const name of this.#candidates.keys()) this.#plain.add(name);
  }

  has(name: string): boolean {
    return this.#candidates.has(name);
  }

  /** @throws Error for values that none of the functions of this name takes */
  caller(name: string, member: boolean, count: number): (args: unknown[]) => unknown {
    const candidates = (this.#candidates.get(name) ?? []).filter(
      (one) => one.member === member && one.accepts.length === count,
    );
    const [only] = candidates;
    if (only?.accepts.every((accept) => accept === anything)) return (args) => only.run(...args);
    return (args) => {
      for (const { accepts, run } of candidates) {
        if (accepts.every((accept, i) => accept(args[i]))) return run(...args);
      }
      const types = args.map(typeName).join(', ');
      throw new Error(`no such overload${this.#plain.has(name) ? '' : `: ${name}(${types})`}`);
    };
  }
}
