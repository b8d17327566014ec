import { durationOfWords } from '../object/format-duration.ts';
import { durationOf, timestampFrom, timestampOf } from './run/times.ts';
import { Duration } from './run/values.ts';

/**
 * Texts whose format makes another type of them, as k8s.io/apiserver cel/common/valuesunstructured.go
 * reads them. What a schema lets pass as date-time or byte is not always read: the rules that look
 * at it fail then.
 *
 * @throws Error in upstream's words
 */
export function formatted(text: string, format: string | undefined): unknown {
  switch (format) {
    case 'date-time':
      return dateTime(text);
    case 'date': {
      const date = new Date(text);
      return Number.isNaN(date.getTime()) ? text : timestampFrom(date);
    }
    case 'duration':
      return duration(text);
    case 'byte':
      return bytes(text);
    default:
      return text;
  }
}

function dateTime(text: string): unknown {
  try {
    if (!/[tz]/.test(text)) return timestampOf(text);
  } catch {
    // upstream tells of the last of its layouts, which has no zone
  }
  const why = /^.{10}T/.test(text)
    ? `: extra text: ${JSON.stringify(text.slice(19))}`
    : ` as "2006-01-02T15:04:05": cannot parse ${JSON.stringify(text.slice(10))} as "T"`;
  throw new Error(
    `Invalid date-time formatted string ${text}: parsing time ${JSON.stringify(text)}${why}`,
  );
}

function duration(text: string): Duration {
  try {
    return durationOf(text);
  } catch {
    const nanoseconds = durationOfWords(text);
    if (nanoseconds !== undefined) return new Duration(nanoseconds);
    throw new Error(`Invalid duration ${text}: unable to parse ${text} as duration`);
  }
}

/** The format has the standard alphabet, but it is read in that of URLs. */
function bytes(text: string): Uint8Array {
  const foreign = text.search(/[+/]/);
  if (foreign < 0) return new Uint8Array(Buffer.from(text, 'base64url'));
  const why = `illegal base64 data at input byte ${foreign}`;
  throw new Error(`Invalid byte formatted string ${text}: ${why}`);
}
