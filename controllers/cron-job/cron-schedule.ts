/**
 * Cron schedules as CronJobs take them (robfig/cron's standard parser): five fields, names of months
 * and days, ranges, steps, `@hourly` and the like, `@every 1h30m`. Pure.
 */
export interface Schedule {
  /** The first time strictly after `from`; undefined when there is none within five years. */
  next(from: Date): Date | undefined;
}

interface Field {
  min: number;
  max: number;
  names?: string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields: Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
];
const descriptors: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** @throws Error naming what is wrong; an unknown time zone throws a RangeError */
export function parseSchedule(text: string, timeZone?: string): Schedule {
  const every = /^@every (.+)$/.exec(text)?.[1];
  if (every !== undefined) return everySchedule(every);
  const spec = (text.startsWith('@') ? descriptors[text] : text)?.trim().split(/\s+/);
  if (spec === undefined || spec.length !== 5) {
    throw new Error(
      `expected exactly 5 fields, found ${spec?.length ?? 0}: ${JSON.stringify(text)}`,
    );
  }
  const sets = spec.map((part, i) => parseField(part, fields[i] ?? { min: 0, max: 0 }));
  return calendar(sets, spec, timeZone);
}

function everySchedule(text: string): Schedule {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (match === null || text === '')
    throw new Error(`failed to parse duration ${JSON.stringify(text)}`);
  const [, h = '0', m = '0', s = '0'] = match;
  const ms = Math.max(1, Number(h) * 3600 + Number(m) * 60 + Number(s)) * 1000;
  return { next: (from) => new Date(Math.floor(from.getTime() / 1000) * 1000 + ms) };
}

function parseField(text: string, field: Field): Set<number> {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', stepText] = part.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (!Number.isInteger(step) || step < 1)
      throw new Error(`step of range should be a positive number: ${part}`);
    let [from, to] = [field.min, field.max];
    if (range !== '*' && range !== '?') {
      const [low = '', high] = range.split('-');
      from = valueOf(low, field);
      to = high === undefined ? (stepText === undefined ? from : field.max) : valueOf(high, field);
    }
    if (from > to)
      throw new Error(`beginning of range (${from}) beyond end of range (${to}): ${part}`);
    for (let i = from; i <= to; i += step) found.add(i);
  }
  return found;
}

function valueOf(text: string, { min, max, names }: Field): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  // Months count from 1.
  const value = named >= 0 ? named + min : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new Error(`failed to parse int from ${text}`);
  if (value < min || value > max)
    throw new Error(`value ${value} outside range ${min}-${max}: ${text}`);
  return value;
}

function calendar(sets: Set<number>[], spec: string[], timeZone: string | undefined): Schedule {
  const [minutes, hours, dates, monthSet, weekdays] = sets as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  const zone = new Intl.DateTimeFormat('en-US', {
    timeZone: timeZone ?? 'UTC',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    weekday: 'short',
  });
  // A star with a step is a restriction, as robfig/cron has it.
  const anyDate = /^[*?](\/1)?$/.test(spec[2] ?? '');
  const anyDay = /^[*?](\/1)?$/.test(spec[4] ?? '');
  const dayMatches = (date: number, weekday: number): boolean => {
    const a = dates.has(date);
    const b = weekdays.has(weekday);
    // Cron's old rule: when both are restricted, either will do.
    return anyDate || anyDay ? a && b : a || b;
  };
  return {
    next(from) {
      let at = Math.floor(from.getTime() / 60_000) * 60_000 + 60_000;
      const limit = at + 5 * 366 * 24 * 3_600_000;
      while (at < limit) {
        const local = partsOf(zone, at);
        if (!monthSet.has(local.month) || !dayMatches(local.day, local.weekday)) {
          // To the next hour, not the next day: days do not all have 24 hours.
          at += (60 - local.minute) * 60_000 + Math.max(0, 22 - local.hour) * 3_600_000;
        } else if (!hours.has(local.hour)) at += (60 - local.minute) * 60_000;
        else if (!minutes.has(local.minute)) at += 60_000;
        else return new Date(at);
      }
      return undefined;
    },
  };
}

function partsOf(zone: Intl.DateTimeFormat, at: number) {
  const parts = Object.fromEntries(zone.formatToParts(at).map((p) => [p.type, p.value]));
  return {
    month: Number(parts.month),
    day: Number(parts.day),
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    weekday: days.indexOf((parts.weekday ?? '').toLowerCase()),
  };
}
