import { randomBytes } from 'node:crypto';
import type { Answer, RequestContext, ResponseHeaders } from '../context.ts';
import { type ByteRange, parseRange, sizeOf } from './byte-range.ts';

/** Bytes that are there as a whole, served as Go's http.ServeContent does: conditions, then ranges. */
export interface Content {
  bytes: Buffer;
  contentType: string;
  /** In double quotes; clients may not have one. */
  etag?: string;
  /** Undefined: told without a date, and no date in a request is of it (Go's zero time). */
  modified: Date | undefined;
}

export function serveContent(
  context: RequestContext,
  content: Content,
  headers: ResponseHeaders,
): Answer {
  const { contentType, etag, modified, bytes } = content;
  const lasting: ResponseHeaders = { ...headers, ...(etag === undefined ? {} : { etag }) };
  const dated = { ...lasting, ...(modified && { 'last-modified': modified.toUTCString() }) };
  const all = { ...dated, 'content-type': contentType };
  const refusal = precondition(context, content);
  if (refusal === 412) return { code: 412, headers: all, body: '' };
  if (refusal === 304) {
    return { code: 304, headers: etag === undefined ? dated : lasting, body: undefined };
  }
  const asked = context.headers.range;
  const ranges =
    asked === undefined || asked === '' || !rangeHolds(context, content)
      ? []
      : parseRange(asked, bytes.length);
  if (!Array.isArray(ranges)) return notInside(ranges, headers, bytes.length);
  const ranged = { ...all, 'accept-ranges': 'bytes' };
  const [first] = ranges;
  if (first === undefined || sizeOf(ranges) > bytes.length) {
    return { code: 200, headers: ranged, body: bytes, asItIs: true };
  }
  if (ranges.length > 1) return severalRanges(content, ranges, ranged);
  const { start, end } = first;
  return {
    code: 206,
    headers: { ...ranged, 'content-range': rangeText(first, bytes.length) },
    body: bytes.subarray(start, end),
    asItIs: true,
  };
}

/** RFC 7232, 6: 412 and 304 instead of the content. */
function precondition(
  { headers, method }: RequestContext,
  { etag = '', modified }: Content,
): 304 | 412 | undefined {
  const reads = method === 'GET' || method === 'HEAD';
  const match = headers['if-match'] ?? '';
  if (match !== '') {
    if (!names(match, (tag) => tag === etag && tag.startsWith('"'))) return 412;
  } else if (isNewer(modified, headers['if-unmodified-since']) === true) return 412;
  const noneMatch = headers['if-none-match'] ?? '';
  if (noneMatch !== '') {
    if (!names(noneMatch, (tag) => weak(tag) === weak(etag))) return undefined;
    return reads ? 304 : 412;
  }
  return reads && isNewer(modified, headers['if-modified-since']) === false ? 304 : undefined;
}

/** Whether the client's half is of this content. */
function rangeHolds({ headers, method }: RequestContext, { etag, modified }: Content): boolean {
  const condition = headers['if-range'];
  if (typeof condition !== 'string' || condition === '') return true;
  if (method !== 'GET' && method !== 'HEAD') return true;
  const tag = entityTag.exec(condition.trim())?.[0];
  if (tag !== undefined) return tag === etag && tag.startsWith('"');
  const time = httpTime(condition);
  return (
    modified !== undefined && Math.floor(time / 1000) === Math.floor(modified.getTime() / 1000)
  );
}

const entityTag = /^(?:W\/)?"[\x21\x23-\x7e\x80-\uffff]*"/;

const weak = (tag: string): string => tag.replace(/^W\//, '');

/** `*` names everything; what is no list of tags ends it. */
function names(list: string, fits: (tag: string) => boolean): boolean {
  let rest = list.trim();
  while (rest !== '') {
    if (rest.startsWith(',')) rest = rest.slice(1).trim();
    else if (rest.startsWith('*')) return true;
    else {
      const tag = entityTag.exec(rest)?.[0];
      if (tag === undefined) return false;
      if (fits(tag)) return true;
      rest = rest.slice(tag.length).trim();
    }
  }
  return false;
}

/** Undefined when there is no time that could be read. Seconds are all that HTTP knows. */
function isNewer(modified: Date | undefined, than: string | undefined): boolean | undefined {
  const time = httpTime(than ?? '');
  if (modified === undefined || Number.isNaN(time)) return undefined;
  return Math.floor(modified.getTime() / 1000) * 1000 > time;
}

/** The three forms of a date in HTTP (RFC 9110, 5.6.7), and no other that can be read. */
const httpDate =
  /^(\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT|\w{6,9}, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d [A-Z]{3,4}|\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

function httpTime(text: string): number {
  if (!httpDate.test(text)) return Number.NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text.replace(/ [A-Z]{3,4}$/, '')} GMT`);
}

function rangeText({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}

/** 416. What tells of the content is left out, but that it varies. */
function notInside(
  why: 'invalid range' | 'invalid range: failed to overlap',
  { vary }: ResponseHeaders,
  size: number,
): Answer {
  return {
    code: 416,
    headers: {
      'cache-control': '',
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      ...(vary === undefined ? {} : { vary }),
      ...(why === 'invalid range' ? {} : { 'content-range': `bytes */${size}` }),
    },
    body: `${why}\n`,
  };
}

function severalRanges(
  { bytes, contentType }: Content,
  ranges: readonly ByteRange[],
  headers: ResponseHeaders,
): Answer {
  const boundary = randomBytes(30).toString('hex');
  const parts: Buffer[] = [];
  for (const range of ranges) {
    const before = parts.length === 0 ? '' : '\r\n';
    const head = `Content-Range: ${rangeText(range, bytes.length)}\r\nContent-Type: ${contentType}`;
    parts.push(Buffer.from(`${before}--${boundary}\r\n${head}\r\n\r\n`));
    parts.push(bytes.subarray(range.start, range.end));
  }
  parts.push(Buffer.from(`\r\n--${boundary}--\r\n`));
  return {
    code: 206,
    headers: { ...headers, 'content-type': `multipart/byteranges; boundary=${boundary}` },
    body: Buffer.concat(parts),
    asItIs: true,
  };
}
