import type { Flag, FlagTable, FlagValues } from './flag-set.ts';

/** Every flag's value as spf13/pflag writes it: what `/flagz` shows. */
export function flagTexts<T extends FlagTable>(
  table: T,
  values: FlagValues<T>,
): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, flag] of Object.entries(table)) texts[name] = textOf(flag, values[name]);
  return texts;
}

function textOf(flag: Flag, value: unknown): string {
  switch (flag.kind) {
    case 'duration':
      return durationText(value as number);
    case 'list':
    case 'repeated':
      return `[${(value as readonly string[]).join(',')}]`;
    case 'map':
    case 'configuration':
      return Object.entries(value as Record<string, string>)
        .map(([key, text]) => `${key}=${text}`)
        .toSorted()
        .join(',');
    default:
      return String(value);
  }
}

/** Milliseconds as Go's Duration.String: `1h0m0s`, `1.5s`, `250ms`. */
function durationText(ms: number): string {
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
