/**
 * What a YAML scalar is, by the rules of the library that Kubernetes reads YAML with (goyaml v2):
 * YAML 1.1 without numbers of base 60, so `yes` and `n` are booleans, 0644 is 420, and times are text.
 */

import { goNumber } from './go-format.ts';
import { wholeNumber } from './json.ts';
type Scalar = string | number | bigint | boolean | null;

const words = new Map<string, Scalar>();
for (const [value, texts] of [
  [true, 'y Y yes Yes YES true True TRUE on On ON'],
  [false, 'n N no No NO false False FALSE off Off OFF'],
  [null, '~ null Null NULL'],
  [Number.NaN, '.nan .NaN .NAN'],
  [Number.POSITIVE_INFINITY, '.inf .Inf .INF +.inf +.Inf +.INF'],
  [Number.NEGATIVE_INFINITY, '-.inf -.Inf -.INF'],
] as const) {
  for (const text of texts.split(' ')) words.set(text, value);
}
words.set('', null);

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
const uint64Max = 2n ** 64n - 1n;
const integer = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/** Of a scalar without quotes and without a tag. */
export function plainScalar(text: string): Scalar {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  // a digit, a sign or a point: what else cannot be a number
  if (first > 0x39 || first < 0x2b || first === 0x2c || first === 0x2f) return text;
  const whole = integerOf(text);
  if (whole !== undefined) return wholeNumber(whole);
  return floatOf(first === 0x2e ? text : text.replaceAll('_', '')) ?? text;
}

/** All the digits of what is a whole number to upstream; of 1.0, which is a float, nothing. */
function integerOf(text: string): bigint | undefined {
  const match = integer.exec(text.replaceAll('_', ''));
  if (match === null) return undefined;
  const [, sign = '', hex, binary, octal, decimal = ''] = match;
  const magnitude = BigInt(
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : decimal,
  );
  const value = sign === '-' ? -magnitude : magnitude;
  const max = sign === '' ? uint64Max : int64Max;
  return value < int64Min || value > max ? undefined : value;
}

function floatOf(text: string): number | undefined {
  if (!float.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const prefix = 'tag:yaml.org,2002:';

/** Of a scalar with a tag (`!!int "5"`). Throws where the tag says what it is not. */
export function taggedScalar(text: string, tag: string): Scalar {
  const short = tag.startsWith(prefix) ? tag.slice(prefix.length) : '';
  if (short === 'binary') return binary(text);
  if (!['bool', 'int', 'float', 'null', 'timestamp'].includes(short)) return text;
  const value = plainScalar(text);
  const found = kindOf(value, text);
  const fits =
    found === short ||
    (short === 'float' && found === 'int') ||
    (short === 'timestamp' && /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}($|[Tt ])/.test(text));
  if (!fits) throw new Error(`cannot decode !!${found} \`${text}\` as a !!${short}`);
  return value;
}

function kindOf(value: Scalar, text: string): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  return integerOf(text) === undefined ? 'float' : 'int';
}

/** A number that is a key: the text of it, or the whole number that only a uint64 holds. */
export function numberKey(text: string, tag: string | undefined): string | bigint {
  const whole = tag === `${prefix}float` ? undefined : integerOf(text);
  if (whole === undefined) return floatKey(Number(plainScalar(text)));
  return whole > int64Max ? whole : String(whole);
}

/** Upstream writes a float that is a key with the digits that a float32 needs. */
function floatKey(value: number): string {
  const single = Math.fround(value);
  if (Number.isNaN(single)) return '.nan';
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf';
  if (Object.is(single, -0)) return '-0';
  let digits = 1;
  while (Math.fround(Number(single.toPrecision(digits))) !== single) digits += 1;
  return goNumber(Number(single.toPrecision(digits)), true);
}

function binary(text: string): string {
  const base64 = text.replace(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) {
    throw new Error('!!binary value contains invalid base64 data');
  }
  return Buffer.from(base64, 'base64').toString('utf8');
}
