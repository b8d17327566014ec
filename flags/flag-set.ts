import { isIP } from 'node:net';
import { parseCsv } from '../object/csv.ts';
import { durationRefusal, parseDuration } from '../object/duration.ts';

/**
 * Command-line flags as Kubernetes' programs take them (spf13/pflag): `--name value`, `--name=value`,
 * a bare `--bool`. A program states its table; the types of the parsed values follow from it.
 * Unknown flags and bad values are refused with upstream's words.
 */
export type FlagKind =
  | 'string'
  | 'bool'
  | 'int'
  | 'float'
  | 'duration'
  | 'list'
  | 'repeated'
  /** One `key=value` each time; a value may have commas (cliflag.NewMapStringStringNoSplit). */
  | 'map'
  /** The same, or several of them in quotes, as records of CSV (pflag's stringToString). */
  | 'quotedMap'
  /** Pairs between commas, where a key may stand alone: its value is '' (cliflag.ConfigurationMap). */
  | 'configuration';

export interface Flag {
  kind: FlagKind;
  default?: string | boolean | number | readonly string[];
  help: string;
  /** Accepted values for a string. */
  oneOf?: readonly string[];
  /** A string that is an IP address. */
  isIp?: true;
  /** The value of a bare `--name`, for flags that need none but are no bools. */
  bare?: string;
  /** Known by name, not supported, and why: anything but the default is refused with this. */
  refused?: string;
}

export type FlagTable = Record<string, Flag>;

type ValueOf<K extends FlagKind> = K extends 'bool'
  ? boolean
  : K extends 'int' | 'float' | 'duration'
    ? number
    : K extends 'list' | 'repeated'
      ? readonly string[]
      : K extends 'map' | 'quotedMap' | 'configuration'
        ? Readonly<Record<string, string>>
        : string;

/** Durations are milliseconds. Absent strings are '', absent lists and maps empty, absent numbers 0. */
export type FlagValues<T extends FlagTable> = { [N in keyof T]: ValueOf<T[N]['kind']> };

/** What a person has to put right, told at once: one problem, or `[a, b]`, as upstream's aggregates. */
export class FlagError extends Error {
  readonly problems: readonly string[];
  constructor(...problems: readonly string[]) {
    const distinct = [...new Set(problems)];
    super(distinct.length === 1 ? distinct[0] : `[${distinct.join(', ')}]`);
    this.problems = distinct;
  }
}

/** Throws one FlagError for all of them; false and undefined are none. */
export function refuseAll(problems: readonly (string | false | undefined)[]): void {
  const told = problems.filter((problem) => typeof problem === 'string');
  if (told.length > 0) throw new FlagError(...told);
}

export interface Parsed<T extends FlagTable> {
  values: FlagValues<T>;
  /** Names that were given on the command line. */
  given: ReadonlySet<string>;
  help: boolean;
}

/** @throws FlagError with one line a person can act on */
export function parseFlags<T extends FlagTable>(table: T, argv: readonly string[]): Parsed<T> {
  const raw = new Map<string, string[]>();
  let help = false;
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (argument === '--help' || argument === '-h') {
      help = true;
      continue;
    }
    // scripts pass '' where they have nothing to say
    if (argument === '') continue;
    const short = /^-v(\d+)$/.exec(argument);
    const match = /^--?([a-zA-Z][^=]*)(?:=([\s\S]*))?$/.exec(
      short === null ? argument : `--v=${short[1]}`,
    );
    if (match === null) throw new FlagError(`unknown command ${JSON.stringify(argument)}`);
    const name = (match[1] ?? '').replaceAll('_', '-');
    const flag = Object.hasOwn(table, name) ? table[name] : undefined;
    if (flag === undefined) throw new FlagError(`unknown flag: --${name}`);
    let value = match[2];
    if (value === undefined) {
      if (flag.kind === 'bool') value = 'true';
      else if (flag.bare !== undefined) value = flag.bare;
      else {
        at += 1;
        value = argv[at];
        if (value === undefined) throw new FlagError(`flag needs an argument: --${name}`);
      }
    }
    raw.set(name, [...(raw.get(name) ?? []), value]);
  }
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(table)) {
    const given = raw.get(name);
    values[name] = given === undefined ? defaultOf(flag) : valueOf(name, flag, given);
    if (given !== undefined) refuse(name, flag, values[name]);
  }
  return { values: values as FlagValues<T>, given: new Set(raw.keys()), help };
}

function refuse(name: string, flag: Flag, value: unknown): void {
  if (flag.refused === undefined) return;
  if (JSON.stringify(value) === JSON.stringify(defaultOf(flag))) return;
  throw new FlagError(`--${name} is not supported by this server: ${flag.refused}`);
}

function defaultOf(flag: Flag): unknown {
  switch (flag.kind) {
    case 'bool':
      return flag.default ?? false;
    case 'int':
    case 'float':
      return flag.default ?? 0;
    case 'duration':
      return flag.default === undefined ? 0 : (parseDuration(String(flag.default)) ?? 0);
    case 'list':
    case 'repeated':
      return flag.default ?? [];
    case 'map':
    case 'quotedMap':
    case 'configuration':
      return {};
    case 'string':
      return flag.default ?? '';
  }
}

function valueOf(name: string, flag: Flag, given: readonly string[]): unknown {
  const last = given[given.length - 1] ?? '';
  const bad = (why: string): FlagError =>
    new FlagError(`invalid argument ${JSON.stringify(last)} for "--${name}" flag: ${why}`);
  switch (flag.kind) {
    case 'bool':
      if (/^(1|t|T|TRUE|true|True)$/.test(last)) return true;
      if (/^(0|f|F|FALSE|false|False)$/.test(last)) return false;
      throw bad(`strconv.ParseBool: parsing ${JSON.stringify(last)}: invalid syntax`);
    case 'int':
      if (/^[+-]?[0-9]+$/.test(last)) return Number(last);
      throw bad(`strconv.ParseInt: parsing ${JSON.stringify(last)}: invalid syntax`);
    case 'float':
      if (/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(last)) return Number(last);
      throw bad(`strconv.ParseFloat: parsing ${JSON.stringify(last)}: invalid syntax`);
    case 'duration': {
      const ms = parseDuration(last);
      if (ms === undefined) throw bad(durationRefusal(last));
      return ms;
    }
    case 'list':
      return given.flatMap((text) => recordOf(text, bad));
    case 'repeated':
      return given;
    case 'map':
      return mapOf(given, () => bad('malformed pair, expect string=string'));
    case 'quotedMap':
      return mapOf(
        given.flatMap((text) => quotedPairs(text, bad)),
        (pair) => bad(`${pair} must be formatted as key=value`),
      );
    case 'configuration':
      return mapOf(given.flatMap((text) => text.split(',')).filter((text) => text !== ''));
    case 'string':
      if (flag.oneOf !== undefined && !flag.oneOf.includes(last)) {
        throw bad(`must be one of ${flag.oneOf.join(', ')}`);
      }
      if (flag.isIp === true && last !== '' && isIP(last.trim()) === 0) {
        throw bad(`failed to parse IP: ${JSON.stringify(last)}`);
      }
      return last;
  }
}

function mapOf(
  pairs: readonly string[],
  malformed?: (pair: string) => FlagError,
): Record<string, string> {
  const map: Record<string, string> = {};
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    if (cut < 0 && malformed !== undefined) throw malformed(pair);
    const [key, value] = cut < 0 ? [pair, ''] : [pair.slice(0, cut), pair.slice(cut + 1)];
    map[key.trim()] = value.trim();
  }
  return map;
}

/** One pair may have quotes around it; several are fields of a record. */
function quotedPairs(text: string, bad: (why: string) => FlagError): string[] {
  if (text.split('=').length <= 2) return [text.replace(/^"+|"+$/g, '')];
  return recordOf(text, bad);
}

/** Between commas, in quotes where there are commas in it; nothing at all is no field. */
function recordOf(text: string, bad: (why: string) => FlagError): string[] {
  if (text === '') return [];
  try {
    return parseCsv(text)[0] ?? [];
  } catch (error) {
    throw bad((error as Error).message);
  }
}

/** `--help`: every flag with its default, in the order of the table. */
export function usage(program: string, table: FlagTable): string {
  const lines = [`Usage:\n  ${program} [flags]\n\nFlags:`];
  for (const [name, flag] of Object.entries(table)) {
    const shown =
      flag.default === undefined || flag.default === '' ? '' : ` (default ${String(flag.default)})`;
    const type = flag.kind === 'bool' ? '' : ` ${flag.kind === 'list' ? 'strings' : flag.kind}`;
    const refused = flag.refused === undefined ? '' : `Not supported: ${flag.refused}. `;
    lines.push(`      --${name}${type}\n          ${refused}${flag.help}${shown}`);
  }
  return `${lines.join('\n')}\n`;
}
