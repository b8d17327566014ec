import { parseSent, parseWritten } from '../object/json.ts';
import { scanHidden } from './hidden.ts';
import { jsonSyntaxError } from './json-syntax.ts';
import { mergeTwice } from './merge-twice.ts';
import type { Schema } from './schema.ts';

/** The bytes of a body that upstream repeats in its refusal. */
const summaryLength = 30;

export interface DecodedJson {
  value: unknown;
  /** Some field is given more than once; the last value won. */
  twice: boolean;
  /** Some number is kept as it was written (parseWritten): reading the fields makes a number of it. */
  floats: boolean;
}

/** A JSON body as a value. Throws what `refuse` makes of upstream's words when it is none or nests too deep. */
export function decodeJson(body: Buffer, refuse: (why: string) => Error): DecodedJson {
  const text = body.toString('utf8');
  const refused = (why: string): Error =>
    refuse(`couldn't get version/kind; json parse error: ${why}`);
  let value: unknown;
  try {
    value = parseSent(text);
  } catch (error) {
    throw refused(jsonSyntaxError(text) ?? (error as Error).message);
  }
  const hidden = scanHidden(body);
  if (hidden === undefined) throw refused('exceeded max depth');
  return hidden.floats ? { value: parseWritten(text), ...hidden } : { value, ...hidden };
}

/** As {@link decodeJson}, into a built-in type: what stands twice is merged as Go's decoder does it. */
export function decodeTyped(
  body: Buffer,
  schema: Schema,
  refuse: (why: string) => Error,
): DecodedJson {
  const decoded = decodeJson(body, refuse);
  if (!decoded.twice) return decoded;
  const parse = decoded.floats ? parseWritten : parseSent;
  return { ...decoded, value: mergeTwice(body.toString('utf8'), schema, parse) };
}

/** The first bytes of a body, as upstream shows them in a refusal. */
export function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const start = body.subarray(0, summaryLength);
  const shown = body[0] === 0x7b ? start.toString('utf8') : start.toString('hex');
  return body.length > summaryLength ? `${shown} ...` : shown;
}
