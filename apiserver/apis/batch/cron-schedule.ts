/**
 * Checks a cron schedule as upstream's parser does (robfig/cron v3 ParseStandard): five fields or a
 * descriptor. Only whether it parses, and if not why; running it is the controller's business.
 */

interface Field {
  low: number;
  high: number;
  names?: readonly string[];
}

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const days = 'sun mon tue wed thu fri sat'.split(' ');

const fields: readonly Field[] = [
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  { low: 1, high: 12, names: months },
  { low: 0, high: 6, names: days },
];

const descriptors = [
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
];

/** Undefined when it parses. */
export function scheduleError(schedule: string): string | undefined {
  let text = schedule.trim();
  const zone = /^(?:CRON_)?TZ=(\S+)\s+/.exec(text);
  if (zone !== null) text = text.slice(zone[0].length).trim();
  if (text === '') return 'empty spec string';
  if (text.startsWith('@')) return descriptorError(text);
  const parts = text.split(/\s+/);
  if (parts.length !== fields.length) {
    return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  }
  for (const [i, field] of fields.entries()) {
    for (const range of (parts[i] ?? '').split(',')) {
      const problem = rangeError(range, field);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function descriptorError(text: string): string | undefined {
  if (descriptors.includes(text)) return undefined;
  const every = /^@every (.*)$/.exec(text)?.[1];
  if (every === undefined) return `unrecognized descriptor: ${text}`;
  if (/^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$/.test(every)) return undefined;
  return `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(every)}`;
}

/** `*`, `5`, `1-5`, `*\/15`, `10-30/5`. */
function rangeError(text: string, field: Field): string | undefined {
  const [range = '', step, ...more] = text.split('/');
  const bounds = range.split('-');
  if (bounds.length > 2) return `too many hyphens: ${text}`;
  const any = range === '*' || range === '?';
  let [low, high] = [field.low, field.high];
  if (!any) {
    const first = numberOf(bounds[0] ?? '', field);
    if (typeof first === 'string') return first;
    const last = bounds[1] === undefined ? first : numberOf(bounds[1], field);
    if (typeof last === 'string') return last;
    low = first;
    high = bounds[1] === undefined && step !== undefined ? field.high : last;
  }
  if (more.length > 0) return `too many slashes: ${text}`;
  if (step !== undefined) {
    const size = numberOf(step, { low: 0, high: 0 });
    if (typeof size === 'string') return size;
    if (size === 0) return `step of range should be a positive number: ${text}`;
  }
  if (low < field.low) return `beginning of range (${low}) below minimum (${field.low}): ${text}`;
  if (high > field.high) return `end of range (${high}) above maximum (${field.high}): ${text}`;
  if (low > high) return `beginning of range (${low}) beyond end of range (${high}): ${text}`;
  return undefined;
}

function numberOf(text: string, { names, low }: Field): number | string {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + low;
  if (!/^[+-]?[0-9]+$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  }
  const value = Number(text);
  return value < 0 ? `negative number (${value}) not allowed: ${text}` : value;
}
