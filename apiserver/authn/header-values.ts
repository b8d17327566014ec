import type { RequestContext } from '../context.ts';

/**
 * All values of a header as sent, in order. Node joins repeated headers with a comma, which would
 * make two groups of one whose name holds a comma. `name` in lower case.
 */
export function headerValues(context: RequestContext, name: string): string[] {
  if (context.headers[name] === undefined) return [];
  const raw = context.exchange.rawHeaders;
  const values: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() === name) values.push(raw[i + 1] as string);
  }
  return values;
}

/** Headers that start with `prefix` (lower case), by the rest of their name, percent-decoded. */
export function headersByPrefix(
  context: RequestContext,
  prefix: string,
): Map<string, string[]> | undefined {
  let found: Map<string, string[]> | undefined;
  for (const name in context.headers) {
    if (!name.startsWith(prefix)) continue;
    found ??= new Map();
    const key = unescaped(name.slice(prefix.length));
    found.set(key, [...(found.get(key) ?? []), ...headerValues(context, name)]);
  }
  return found;
}

/** A key that is not well-formed percent-encoding is taken as it is. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
