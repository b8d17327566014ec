import { isWhole } from './json.ts';
import { naturally } from './yaml-order.ts';
import { plainScalar } from './yaml-scalar.ts';

/**
 * A JSON value as one YAML document, as the library that Kubernetes writes YAML with does it (goyaml v2:
 * encode.go, emitterc.go, sorter.go): keys in natural order, lists of a map not indented, text of several
 * lines as a block, other text without quotes where it would be read as that text, and folded at a
 * space behind the 80th column.
 */
export function writeYaml(value: unknown): string {
  return `${node(value, 0)}\n`;
}

const width = 80;
const longestSimpleKey = 128;
const spaces = (count: number): string => ' '.repeat(count);

/** What begins at column `indent`: a document, or what stands behind `- `. */
function node(value: unknown, indent: number): string {
  if (Array.isArray(value) && value.length > 0) return sequence(value, indent);
  if (isMap(value) && entriesOf(value).length > 0) return mapping(value, indent);
  return scalar(value, { indent: indent === 0 ? 2 : indent, column: indent });
}

function sequence(items: readonly unknown[], indent: number): string {
  return items.map((item) => `- ${node(item, indent + 2)}`).join(`\n${spaces(indent)}`);
}

function mapping(map: Record<string, unknown>, indent: number): string {
  return entriesOf(map)
    .map(([key, value]) => entry(key, value, indent))
    .join(`\n${spaces(indent)}`);
}

function entry(key: string, value: unknown, indent: number): string {
  if (Buffer.byteLength(key) > longestSimpleKey || lineBreak.test(key)) {
    const shown = text(key, { indent: indent + 2, column: indent + 2 });
    return `? ${shown}\n${spaces(indent)}: ${node(value, indent + 2)}`;
  }
  const shown = text(key, undefined);
  if (Array.isArray(value) && value.length > 0) {
    return `${shown}:\n${spaces(indent)}${sequence(value, indent)}`;
  }
  if (isMap(value) && entriesOf(value).length > 0) {
    return `${shown}:\n${spaces(indent + 2)}${mapping(value, indent + 2)}`;
  }
  const column = indent + [...shown].length + 2;
  return `${shown}: ${scalar(value, { indent: indent + 2, column })}`;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesOf(map: Record<string, unknown>): [string, unknown][] {
  return Object.entries(map)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => naturally(a, b));
}

/** Where a text begins, and how far lines that continue it are indented; undefined: it may not be broken. */
type Place = { indent: number; column: number } | undefined;

function scalar(value: unknown, place: Place): string {
  if (typeof value === 'string') return text(value, place);
  if (Array.isArray(value)) return '[]';
  if (isMap(value)) return '{}';
  if (typeof value === 'number' && !isWhole(value)) return float(value);
  return String(value);
}

/** As Go's FormatFloat has it with 'g' and the fewest digits. */
function float(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function text(value: string, place: Place): string {
  const form = analyze(value);
  if (value.includes('\n') && form.block && place !== undefined) return block(value, place.indent);
  if (value.includes('\n') || !isText(value)) return doubleQuoted(value, place);
  if (form.plain) return plain(value, place);
  return form.single ? singleQuoted(value, place) : doubleQuoted(value, place);
}

/** Whether it is read as this text when it stands without quotes. */
function isText(value: string): boolean {
  return typeof plainScalar(value) === 'string' && !sexagesimal.test(value) && !isTime(value);
}

const sexagesimal = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const time =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+](\d\d):(\d\d))|[ ](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?)?$/;

function isTime(value: string): boolean {
  const match = time.exec(value);
  if (match === null) return false;
  const [year, month, day, ...clock] = match.slice(1).map((part) => Number(part ?? 0));
  const days = new Date(Date.UTC(year as number, month as number, 0)).getUTCDate();
  const [hour = 0, minute = 0, second = 0, offsetHour = 0, offsetMinute = 0, h = 0, m = 0, s = 0] =
    clock;
  const fits = [hour, h].every((n) => n < 24) && [minute, second, m, s].every((n) => n < 60);
  const offset = offsetHour <= 24 && offsetMinute < 60;
  const date = (month as number) >= 1 && (month as number) <= 12 && (day as number) >= 1;
  return date && (day as number) <= days && fits && offset;
}

const unprintable = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const lineBreak = /[\r\n\x85\u2028\u2029]/;

/** In which forms a text may stand. */
function analyze(value: string): { plain: boolean; single: boolean; block: boolean } {
  const special = unprintable.test(value) || / [\r\n\x85\u2028\u2029]/.test(value);
  if (special) return { plain: false, single: false, block: false };
  const breakSpace = /[\r\n\x85\u2028\u2029] /.test(value);
  const indicators =
    /^(?:---|\.\.\.)/.test(value) ||
    /^[#,[\]{}&*!|>'"%@`]/.test(value) ||
    /^[?:-](?: |$)/.test(value) ||
    /.:(?: |$)/s.test(value) ||
    /[ \n\u2028\u2029]#/.test(value);
  const edges = /^ | $/.test(value);
  return {
    plain: value !== '' && !indicators && !edges && !breakSpace && !lineBreak.test(value),
    single: !breakSpace,
    block: !value.endsWith(' '),
  };
}

function block(value: string, indent: number): string {
  const before = /^[ \n\u2028\u2029]/.test(value) ? '2' : '';
  const after = !value.endsWith('\n') ? '-' : value === '\n' || value.endsWith('\n\n') ? '+' : '';
  const lines = (value.endsWith('\n') ? value.slice(0, -1) : value).split('\n');
  const shown = lines.map((line) => (line === '' ? '' : spaces(indent) + line));
  return `|${before}${after}\n${shown.join('\n')}`;
}

function plain(value: string, place: Place): string {
  return folded([...value], place, (chars, at) => chars[at + 1] !== ' ');
}

function singleQuoted(value: string, place: Place): string {
  const chars = [...value];
  const last = chars.length - 1;
  const shown = folded(
    chars.map((char) => (char === "'" ? "''" : char)),
    place && { ...place, column: place.column + 1 },
    (list, at) => at > 0 && at < last && list[at + 1] !== ' ',
  );
  return `'${shown}'`;
}

function doubleQuoted(value: string, place: Place): string {
  const chars = [...value];
  const last = chars.length - 1;
  const shown = folded(
    chars.map(escaped),
    place && { ...place, column: place.column + 1 },
    (_, at) => at > 0 && at < last,
    (list, at) => (list[at + 1] === ' ' ? '\\' : ''),
  );
  return `"${shown}"`;
}

/** A line ends in place of the first of some spaces behind the last column, where `may` says so. */
function folded(
  chars: readonly string[],
  place: Place,
  may: (chars: readonly string[], at: number) => boolean,
  next: (chars: readonly string[], at: number) => string = () => '',
): string {
  if (place === undefined) return chars.join('');
  let out = '';
  let { column } = place;
  let behindSpace = false;
  chars.forEach((char, at) => {
    if (char === ' ' && !behindSpace && column > width && may(chars, at)) {
      const start = next(chars, at);
      out += `\n${spaces(place.indent)}${start}`;
      column = place.indent + start.length;
    } else {
      out += char;
      column += [...char].length;
    }
    behindSpace = char === ' ';
  });
  return out;
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
};

function escaped(char: string): string {
  const short = escapes[char];
  if (short !== undefined) return `\\${short}`;
  if (!unprintable.test(char)) return char;
  const code = char.codePointAt(0) as number;
  const [letter, digits] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
  return `\\${letter}${code
    .toString(16)
    .toUpperCase()
    .padStart(digits as number, '0')}`;
}
