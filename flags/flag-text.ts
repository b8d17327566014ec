import { durationText } from '../object/duration.ts';
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
    case 'quotedMap':
    case 'configuration':
      return Object.entries(value as Record<string, string>)
        .map(([key, text]) => `${key}=${text}`)
        .toSorted()
        .join(',');
    default:
      return String(value);
  }
}
