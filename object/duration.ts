import { goQuote } from './go-format.ts';

const unitMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  // the sign for micro, and the Greek letter
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A Go duration (`1h30m`, `250ms`) in milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const signed = /^([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text);
  if (signed === null) return undefined;
  let total = 0;
  for (const part of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(part[1]) * (unitMs[part[2] ?? ''] ?? 0);
  }
  return signed[1] === '-' ? -total : total;
}

/** Why Go's time.ParseDuration takes it for none. */
export function durationRefusal(text: string): string {
  const rest = text
    .replace(/^[+-]/, '')
    .replace(/^((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+/, '');
  const [, number, unit] = /^(\d+(?:\.\d*)?|\.\d+)([^\d.]*)/.exec(rest) ?? [];
  if (number === undefined) return `time: invalid duration ${goQuote(text)}`;
  if (unit === '') return `time: missing unit in duration ${goQuote(text)}`;
  return `time: unknown unit ${goQuote(unit ?? '')} in duration ${goQuote(text)}`;
}

/** Milliseconds as Go's Duration.String: `1h0m0s`, `1.5s`, `250ms`. */
export function durationText(ms: number): string {
  if (ms < 0) return `-${durationText(-ms)}`;
  if (ms === 0) return '0s';
  if (ms < 1e-3) return `${Math.round(ms * 1e6)}ns`;
  if (ms < 1) return `${ms * 1e3}µs`;
  if (ms < 1000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms - minutes * 60_000) / 1000}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}
