import { badRequest } from '../../object/status-error.ts';

/** Values of query parameters, read as apimachinery's conversions from strings read them. */

const unreadable = /;|%(?![0-9a-fA-F]{2})/;

/** What stands behind the `?`; parameters that Go's net/url cannot read are left out, as there. */
export function queryOf(text: string): URLSearchParams {
  if (!unreadable.test(text)) return new URLSearchParams(text);
  const parameters = text.split('&').filter((one) => !unreadable.test(one));
  return new URLSearchParams(parameters.join('&'));
}

/** Present and not `false` or `0`: nothing else is wrong, an empty value is true. */
export function booleanOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

const int64Max = 2n ** 63n - 1n;

/** Undefined when absent; 400 for what Go's ParseInt refuses, the empty string among it. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const why = !/^[+-]?[0-9]+$/.test(text)
    ? 'invalid syntax'
    : text.length > 18 && (BigInt(text) > int64Max || BigInt(text) < -int64Max - 1n)
      ? 'value out of range'
      : undefined;
  if (why === undefined) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
}
