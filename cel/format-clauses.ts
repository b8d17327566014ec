import { goQuote } from '../object/go-format.ts';

/** What the text of `'%s has %d'.format([name, count])` asks for (cel-go ext/formatting.go). */
export interface Clause {
  verb: string;
  precision: number | undefined;
  /** Why it cannot be read; what follows is not looked at. */
  fault: string | undefined;
}

export const endFault = 'unexpected end of string';
const unread = 'could not parse formatting clause: ';
const precisionFault = `${unread}error while parsing precision: `;

/** Text that stands for itself, and clauses. */
export function* clausesOf(text: string): Generator<string | Clause> {
  let from = 0;
  for (;;) {
    const at = text.indexOf('%', from);
    if (at < 0) break;
    yield text.slice(from, at);
    if (text[at + 1] === '%') {
      yield '%';
      from = at + 2;
      continue;
    }
    const [written = '%', dot, digits = ''] = /^%(\.(\d*))?/.exec(text.slice(at)) ?? [];
    const verb = text[at + written.length] ?? '';
    const precision = digits === '' ? undefined : Number(digits);
    const fault = faultOf(verb, dot, digits);
    yield { verb, precision, fault };
    from = at + written.length + 1;
  }
  yield text.slice(from);
}

function faultOf(verb: string, dot: string | undefined, digits: string): string | undefined {
  if (verb === '') {
    return dot === undefined
      ? endFault
      : `${precisionFault}could not find end of precision specifier`;
  }
  const parsing = `error while converting precision to integer: strconv.Atoi: parsing ${goQuote(digits)}`;
  if (dot !== undefined && digits === '') return `${precisionFault}${parsing}: invalid syntax`;
  if (Number(digits) >= 2 ** 63) return `${precisionFault}${parsing}: value out of range`;
  if (Object.hasOwn(takes, verb.toLowerCase()) && (verb === 'X' || verb !== verb.toUpperCase())) {
    return undefined;
  }
  return `${unread}unrecognized formatting clause "${verb}"`;
}

const only = (clause: string, what: string): string =>
  `${clause} clause can only be used on ${what}`;

/** What clauses take, by their letters. */
const takes: Readonly<Record<string, string>> = {
  s: only(
    'string',
    'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  ),
  d: only('decimal', 'integers'),
  f: only('fixed-point', 'doubles'),
  e: only('scientific', 'doubles'),
  b: 'only integers and bools can be formatted as binary',
  x: 'only integers, byte buffers, and strings can be formatted as hex',
  o: only('octal', 'integers'),
};

/** Why a value of a type cannot be written so. */
export function refusal(verb: string, type: string): string {
  return `error during formatting: ${takes[verb.toLowerCase()]}, was given ${type}`;
}
