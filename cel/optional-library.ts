import type { Functions } from './run/functions.ts';
import { Duration, isMap, Optional, sizeOfMap, Uint } from './run/values.ts';

/** Values that may not be there (cel-go cel/library.go). */
export function registerOptionals(functions: Functions): void {
  functions
    .add('optional.of(dyn)', Optional.of)
    .add('optional.none()', () => Optional.none)
    .add('optional.ofNonZeroValue(dyn)', (value: unknown) =>
      isZero(value) ? Optional.none : Optional.of(value),
    )
    .add('.hasValue(optional)', ({ present }: Optional) => present)
    .add('.value(optional)', (value: Optional) => value.value())
    .add('.first(list)', (list: readonly unknown[]) =>
      list.length === 0 ? Optional.none : Optional.of(list[0]),
    )
    .add('.last(list)', (list: readonly unknown[]) =>
      list.length === 0 ? Optional.none : Optional.of(list.at(-1)),
    )
    .add('.unwrapOpt(list)', unwrap)
    .add('optional.unwrap(list)', unwrap);
}

function unwrap(list: readonly unknown[]): unknown[] {
  return list.flatMap((item) => {
    if (!(item instanceof Optional)) throw new Error(`value ${String(item)} is not optional`);
    return item.present ? [item.value()] : [];
  });
}

function isZero(value: unknown): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Duration) return value.nanoseconds === 0n;
  return isMap(value) && sizeOfMap(value) === 0;
}
