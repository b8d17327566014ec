import type { Functions } from './run/functions.ts';
import { clockAt } from './run/times.ts';
import type { Duration, Timestamp } from './run/values.ts';

/** Parts of moments and of spans of time (cel-go common/types timestamp.go, duration.go). */
export function registerTimeFunctions(functions: Functions): void {
  const firstOfYear = (clock: Date): number => Date.UTC(clock.getUTCFullYear(), 0, 1);
  const parts: Record<string, (clock: Date) => number> = {
    getFullYear: (clock) => clock.getUTCFullYear(),
    getMonth: (clock) => clock.getUTCMonth(),
    getDayOfYear: (clock) => Math.floor((clock.getTime() - firstOfYear(clock)) / 86_400_000),
    getDayOfMonth: (clock) => clock.getUTCDate() - 1,
    getDate: (clock) => clock.getUTCDate(),
    getDayOfWeek: (clock) => clock.getUTCDay(),
    getHours: (clock) => clock.getUTCHours(),
    getMinutes: (clock) => clock.getUTCMinutes(),
    getSeconds: (clock) => clock.getUTCSeconds(),
    getMilliseconds: (clock) => clock.getUTCMilliseconds(),
  };
  for (const [name, part] of Object.entries(parts)) {
    functions
      .add(`.${name}(timestamp)`, (at: Timestamp) => BigInt(part(clockAt(at))))
      .add(`.${name}(timestamp, string)`, (at: Timestamp, zone: string) =>
        BigInt(part(clockAt(at, zone))),
      );
  }
  const sizes = {
    getHours: 3_600_000_000_000n,
    getMinutes: 60_000_000_000n,
    getSeconds: 1_000_000_000n,
  };
  for (const [name, size] of Object.entries(sizes)) {
    functions.add(`.${name}(duration)`, ({ nanoseconds }: Duration) => nanoseconds / size);
  }
  functions.add(
    '.getMilliseconds(duration)',
    ({ nanoseconds }: Duration) => nanoseconds / 1_000_000n,
  );
}
