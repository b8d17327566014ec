import { goQuote } from './go-format.ts';

/** Why a text is no address, in the words of Go's netip.ParseAddr; undefined when it is one. */
export function addressFault(text: string): string | undefined {
  const [why, at] = faultOf(text) ?? [];
  if (why === undefined) return undefined;
  const where = at === undefined || at === '' ? '' : ` (at ${goQuote(at)})`;
  return `ParseAddr(${goQuote(text)}): ${why}${where}`;
}

/** And where the part begins that is wrong. */
type Fault = readonly [why: string, at?: string] | undefined;

function faultOf(text: string): Fault {
  switch (/[.:%]/.exec(text)?.[0]) {
    case '.':
      return faultOfFour(text);
    case ':':
      return faultOfSix(text);
    case '%':
      return ['missing IPv6 address'];
    default:
      return ['unable to parse IP'];
  }
}

function faultOfFour(text: string): Fault {
  let digits = '';
  let fields = 1;
  for (const [i, letter] of [...text].entries()) {
    if (letter >= '0' && letter <= '9') {
      if (digits === '0') return ['IPv4 field has octet with leading zero'];
      digits += letter;
      if (Number(digits) > 255) return ['IPv4 field has value >255'];
    } else if (letter !== '.') return ['unexpected character', text.slice(i)];
    else if (digits === '' || i === text.length - 1) {
      return ['IPv4 field must have at least one digit', text.slice(i)];
    } else if (fields === 4) return ['IPv4 address too long'];
    else {
      fields++;
      digits = '';
    }
  }
  return fields < 4 ? ['IPv4 address too short'] : undefined;
}

const bytesMax = 16;

/** IPv4 at the end. */
function faultOfEmbedded(rest: string, bytes: number, gap: boolean): Fault {
  if (!gap && bytes !== 12) {
    return ['embedded IPv4 address must replace the final 2 fields of the address', rest];
  }
  if (bytes + 4 > bytesMax) {
    return ['too many hex fields to fit an embedded IPv4 at the end of the address', rest];
  }
  return faultOfFour(rest);
}

function faultOfSix(text: string): Fault {
  const zone = text.indexOf('%');
  if (zone === text.length - 1) return ['zone must be a non-empty string'];
  let rest = zone < 0 ? text : text.slice(0, zone);
  let gap = rest.startsWith('::');
  if (gap) rest = rest.slice(2);
  if (gap && rest === '') return undefined;
  let bytes = 0;
  while (bytes < bytesMax) {
    const [digits = ''] = /^[0-9a-fA-F]*/.exec(rest) ?? [];
    if (digits.length > 4) return ['each group must have 4 or less digits', rest];
    if (digits === '') return ['each colon-separated field must have at least one digit', rest];
    if (rest[digits.length] === '.') {
      const fault = faultOfEmbedded(rest, bytes, gap);
      if (fault !== undefined) return fault;
      rest = '';
      bytes += 4;
      break;
    }
    bytes += 2;
    rest = rest.slice(digits.length);
    if (rest === '') break;
    if (!rest.startsWith(':')) return ['unexpected character, want colon', rest];
    if (rest === ':') return ['colon must be followed by more characters', rest];
    rest = rest.slice(1);
    if (!rest.startsWith(':')) continue;
    if (gap) return ['multiple :: in address', rest];
    gap = true;
    rest = rest.slice(1);
    if (rest === '') break;
  }
  if (rest !== '') return ['trailing garbage after address', rest];
  if (bytes < bytesMax) return gap ? undefined : ['address string too short'];
  return gap ? ['the :: must expand to at least one field of zeros'] : undefined;
}
