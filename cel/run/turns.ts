import { Ended } from '../budget.ts';
import type { Run } from './compile.ts';
import { entriesOf, isMap, typeName } from './values.ts';

/** What has a name and is no value yet, or never will be. */
export abstract class Unsettled {
  abstract settle(): unknown;
}

/** What a loop has come to when a turn could not be computed: another may settle it all the same. */
export class Failure extends Unsettled {
  readonly reason: unknown;
  constructor(reason: unknown) {
    super();
    this.reason = reason;
  }

  override settle(): never {
    throw this.reason;
  }
}

/** A value that is only computed when its name is used. */
export class Pending extends Unsettled {
  readonly #settle: () => unknown;
  constructor(settle: () => unknown) {
    super();
    this.#settle = settle;
  }

  override settle(): unknown {
    return this.#settle();
  }
}

/** As upstream's own language names them. */
const goTypes: Readonly<Record<string, string>> = {
  bool: 'types.Bool',
  bytes: 'types.Bytes',
  double: 'types.Double',
  'google.protobuf.Duration': 'types.Duration',
  'google.protobuf.Timestamp': 'types.Timestamp',
  int: 'types.Int',
  null_type: 'types.Null',
  string: 'types.String',
  uint: 'types.Uint',
};

/** What a loop gives names to, turn by turn. */
export function turnsOf(over: unknown, two: boolean): Iterable<readonly [unknown, unknown]> {
  if (Array.isArray(over)) {
    return two
      ? over.map((item, i) => [BigInt(i), item] as const)
      : over.map((item) => [item, item] as const);
  }
  if (isMap(over)) return entriesOf(over);
  throw new Error(`got '${goTypes[typeName(over)] ?? typeName(over)}', expected iterable type`);
}

/** Where a loop keeps what it has come to, and what its names stand for. */
interface Places {
  sum: number;
  first: number;
  second: number;
}

type Parts = Readonly<Record<'range' | 'start' | 'condition' | 'step' | 'result', Run>>;

/** @param two whether positions or keys have a name as well as elements */
export function loop(places: Places, parts: Parts, two: boolean): Run {
  const { sum, first, second } = places;
  const { range, start, condition, step, result } = parts;
  return (variables, named) => {
    const over = range(variables, named);
    named[sum] = start(variables, named);
    for (const [one, other] of turnsOf(over, two)) {
      named[first] = one;
      named[second] = other;
      if (condition(variables, named) === false) break;
      try {
        named[sum] = step(variables, named);
      } catch (error) {
        if (error instanceof Ended) throw error;
        named[sum] = new Failure(error);
      }
    }
    return result(variables, named);
  };
}

/** A value with a name, computed at its first use. */
export function binding(place: number, start: Run, result: Run): Run {
  return (variables, named) => {
    named[place] = new Pending(() => {
      try {
        return (named[place] = start(variables, named));
      } catch (error) {
        named[place] = new Failure(error);
        throw error;
      }
    });
    return result(variables, named);
  };
}
