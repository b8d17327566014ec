import { isWhole } from './json.ts';
import { goEscaped } from './json-text.ts';

/**
 * How Go's fmt prints a decoded JSON value with %v: `map[image:web name:a]`, `[1 2]`, `<nil>`.
 * Some of upstream's messages show values this way.
 */
export function goFormat(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goFormat).join(' ')}]`;
  if (typeof value === 'object') {
    const fields = value as Record<string, unknown>;
    const parts = Object.keys(fields)
      .sort()
      .map((key) => `${key}:${goFormat(fields[key])}`);
    return `map[${parts.join(' ')}]`;
  }
  return typeof value === 'number' ? goNumber(value) : String(value as string | bigint | boolean);
}

/**
 * The same with %#v, as Go would write the value in source: `[]interface {}{"a", 1}`.
 * @param key the type of its maps' keys: of YAML that is not JSON yet it is `interface {}`
 */
export function goSyntax(value: unknown, key = 'string'): string {
  const inner = (one: unknown): string => goSyntax(one, key);
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(inner).join(', ')}}`;
  if (typeof value === 'object') {
    const fields = value as Record<string, unknown>;
    const parts = Object.keys(fields)
      .sort()
      .map((name) => `${goQuote(name)}:${inner(fields[name])}`);
    return `map[${key}]interface {}{${parts.join(', ')}}`;
  }
  if (typeof value === 'string') return goQuote(value);
  return typeof value === 'number' ? goNumber(value) : String(value as bigint | boolean);
}

/** Go's name for the type of a decoded JSON value, as %T prints it. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'object':
      return 'map[string]interface {}';
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    default:
      return isWhole(value) ? 'int64' : 'float64';
  }
}

/**
 * A number as Go's %v prints it: whole ones in full, floats with an exponent beyond six digits.
 * @param float Go holds it as a float64 though it is whole
 */
export function goNumber(value: number | bigint, float = false): string {
  if (!float && isWhole(value)) return String(value);
  const [digits = '', exponent = '0'] = Number(value).toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(value));
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

const shortEscapes: Record<string, string> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** Text as %q prints it: what cannot be seen is escaped (unicode.IsPrint), `\x01` where JSON has `\u0001`. */
export function goQuote(text: string): string {
  const shown = text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (character) => {
    const short = shortEscapes[character];
    if (short !== undefined) return short;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
    if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
    return `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `"${shown}"`;
}

/** JSON as Go's encoder writes maps: keys in order, `<`, `>`, `&` and line separators escaped. */
export function goJson(value: unknown): string {
  return goEscaped(JSON.stringify(sorted(value)));
}

/** A map in the order in which Go's encoder writes its keys. */
export function goMap<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const fields = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.keys(fields)
      .sort()
      .map((key) => [key, sorted(fields[key])]),
  );
}
