import { Duration, Timestamp } from './values.ts';

/** Moments and spans of time as text and in parts (cel-go common/types timestamp.go, duration.go). */

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g;
const whole = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

/** Go's durations: `1h30m`, `-250ms`. */
export function durationOf(text: string): Duration {
  if (/^[+-]?0$/.test(text)) return new Duration(0n);
  if (!whole.test(text))
    throw new Error("type conversion error from 'string' to 'google.protobuf.Duration'");
  let total = 0n;
  for (const [, digits = '', fraction = '', unit = ''] of text.matchAll(part)) {
    const size = units[unit] ?? 0n;
    total += BigInt(digits || '0') * size;
    if (fraction !== '') total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
  }
  const signed = text.startsWith('-') ? -total : total;
  if (signed !== BigInt.asIntN(64, signed)) {
    throw new Error("type conversion error from 'string' to 'google.protobuf.Duration'");
  }
  return new Duration(signed);
}

/** In seconds, with what is left of one behind the point. */
export function showDuration({ nanoseconds }: Duration): string {
  return `${decimal(nanoseconds)}s`;
}

function decimal(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return sign + String(size / 1_000_000_000n) + fractionOf(size % 1_000_000_000n);
}

function fractionOf(nanoseconds: bigint): string {
  return nanoseconds === 0n ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
}

const moment =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))$/;

/** RFC 3339. */
export function timestampOf(text: string): Timestamp {
  const found = moment.exec(text);
  const invalid = (): Error => new Error(`invalid RFC 3339 timestamp ${JSON.stringify(text)}`);
  if (found === null) throw invalid();
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map(Number);
  const [, , , , , , , fraction = '', , sign, offsetHours = '0', offsetMinutes = '0'] = found;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const clock = hour < 24 && minute < 60 && second < 60;
  if (!real || !clock || Number(offsetHours) > 24 || Number(offsetMinutes) > 59) throw invalid();
  date.setUTCHours(hour, minute, second);
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === '-' ? -1 : 1);
  const seconds = BigInt(date.getTime() / 1000 - offset * 60);
  const within = BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return new Timestamp(seconds * 1_000_000_000n + within, offset);
}

/** Whole milliseconds since 1970, and the nanoseconds that are over. */
function split(nanoseconds: bigint): { ms: number; over: bigint } {
  const over = ((nanoseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return { ms: Number((nanoseconds - over) / 1_000_000n), over };
}

export function showTimestamp({ nanoseconds, offset }: Timestamp): string {
  const { ms, over } = split(nanoseconds);
  const text = new Date(ms + offset * 60_000).toISOString();
  const fraction = BigInt(text.slice(-4, -1)) * 1_000_000n + over;
  return `${text.slice(0, -5)}${fractionOf(fraction)}${zoneOf(offset)}`;
}

function zoneOf(offset: number): string {
  if (offset === 0) return 'Z';
  const minutes = Math.abs(offset);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

export function timestampFrom(date: Date): Timestamp {
  return new Timestamp(BigInt(date.getTime()) * 1_000_000n);
}

/** What a clock shows at a moment, in UTC or where a zone says. */
export function clockAt({ nanoseconds }: Timestamp, zone = 'UTC'): Date {
  const { ms } = split(nanoseconds);
  return new Date(ms + offsetOf(zone, ms));
}

/** A zone's distance from UTC in milliseconds: `+02:00`, or a name of the IANA's. */
function offsetOf(zone: string, at: number): number {
  if (zone === 'UTC' || zone === '') return 0;
  const numeric = /^([+-]?)(\d\d?):(\d\d)$/.exec(zone);
  if (numeric !== null) {
    const [, sign, hours, minutes] = numeric;
    return (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  }
  try {
    const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
      .formatToParts(at)
      .find(({ type }) => type === 'timeZoneName')?.value;
    const [, sign, hours = 0, minutes = 0] = /^GMT([+-])?(\d\d)?:?(\d\d)?$/.exec(parts ?? '') ?? [];
    return (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  } catch (error) {
    throw new Error(`unknown time zone ${zone}`, { cause: error });
  }
}
