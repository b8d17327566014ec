import { parseDuration } from '../../object/duration.ts';
import { compilePattern } from '../../object/pattern.ts';
import type { Checker } from './check.ts';
import { formatMistakes } from './format-calls.ts';
import { type Expression, type Mistake, parts } from './expression.ts';
import { type CelType, shown, unwrapped } from './cel-type.ts';

/**
 * Looks at literals of an expression that has types: durations, times, patterns and formats that cannot
 * be read, lists and maps of mixed types (cel-go cel/validator.go).
 */
export function validateLiterals(tree: Expression, checker: Checker): Mistake[] {
  const mistakes: Mistake[] = [];
  const seen = new Set<Expression>();
  function visit(part: Expression, mayMix: boolean): void {
    if (seen.has(part)) return;
    seen.add(part);
    if (part.kind === 'call') {
      mistakes.push(...ofCall(part.name, part.args));
      mistakes.push(...formatMistakes(part, (one) => checker.typeOf(one)));
    }
    if (part.kind === 'list' && !mayMix) mistakes.push(...ofList(part.items, checker));
    if (part.kind === 'map' && !mayMix) mistakes.push(...ofMap(part.entries, checker));
    const formats = part.kind === 'call' && part.name === 'format';
    for (const child of parts(part)) visit(child, mayMix || formats);
  }
  visit(tree, false);
  return mistakes;
}

const readable: Readonly<Record<string, (value: unknown) => boolean>> = {
  duration: (value) => typeof value !== 'string' || parseDuration(value) !== undefined,
  timestamp: (value) =>
    typeof value === 'bigint' ? isMoment(value) : typeof value !== 'string' || isTime(value),
  matches: (value) => typeof value !== 'string' || isPattern(value),
};

function ofCall(name: string, args: readonly Expression[]): Mistake[] {
  const reads = Object.hasOwn(readable, name) ? readable[name] : undefined;
  const [arg] = args;
  if (reads === undefined || arg?.kind !== 'literal') return [];
  return reads(arg.value) ? [] : [{ at: arg.at, why: `invalid ${name} argument` }];
}

const time = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** RFC 3339 from year 1 on. */
function isTime(text: string): boolean {
  const found = time.exec(text);
  if (found === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map(Number);
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  const date = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days;
  return date && hour < 24 && minute < 60 && second < 60;
}

/** Seconds since 1970: from year 1 to year 9999. */
const isMoment = (seconds: bigint): boolean =>
  seconds >= -62_135_596_800n && seconds <= 253_402_300_799n;

function isPattern(text: string): boolean {
  try {
    compilePattern(text);
    return true;
  } catch {
    return false;
  }
}

function typeIn(value: Expression, optional: boolean, checker: Checker): CelType {
  const type = checker.typeOf(value);
  return optional ? unwrapped(type)[0] : type;
}

function mixed(at: number, expected: CelType, actual: CelType): Mistake {
  return { at, why: `expected type '${shown(expected)}' but found '${shown(actual)}'` };
}

type Items = readonly { value: Expression; optional: boolean }[];

/** The first of another type. */
function ofList(items: Items, checker: Checker): Mistake[] {
  const found = items.map(({ value, optional }) => typeIn(value, optional, checker));
  const [first] = found;
  const other = found.findIndex((type) => first !== undefined && shown(type) !== shown(first));
  if (first === undefined || other < 0) return [];
  return [mixed((items[other] as Items[number]).value.at, first, found[other] as CelType)];
}

type Entries = readonly { key: Expression; value: Expression; optional: boolean }[];

/** All of another type than the first. */
function ofMap(entries: Entries, checker: Checker): Mistake[] {
  const [first] = entries;
  if (first === undefined) return [];
  const keys = typeIn(first.key, false, checker);
  const values = typeIn(first.value, first.optional, checker);
  return entries.flatMap(({ key, value, optional }) => {
    const ofKey = typeIn(key, false, checker);
    const ofValue = typeIn(value, optional, checker);
    return [
      ...(shown(ofKey) === shown(keys) ? [] : [mixed(key.at, keys, ofKey)]),
      ...(shown(ofValue) === shown(values) ? [] : [mixed(value.at, values, ofValue)]),
    ];
  });
}
