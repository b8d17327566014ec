import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import type { RequestContext } from '../../context.ts';
import { requestHeaders, responseHeaders } from './headers.ts';

function sent(...rawHeaders: string[]): RequestContext {
  const headers: Record<string, string> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    const before = headers[name];
    const value = rawHeaders[at + 1] as string;
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return {
    headers,
    exchange: { rawHeaders },
    socket: { remoteAddress: '10.0.0.1' },
    upgrade: undefined,
    auditId: 'id',
    extraHeaders: {},
  } as unknown as RequestContext;
}

test('a header that came twice goes on twice, but as it is now', () => {
  const context = sent(
    'X-A',
    '1',
    'X-A',
    '2',
    'X-B',
    '1, 2',
    'X-Forwarded-For',
    'a',
    'X-Forwarded-For',
    'b',
    'X-C',
    'secret',
    'X-C',
    'kept',
  );
  // a stage has taken something away
  context.headers['x-c'] = 'kept, and, more';
  assert.deepEqual(requestHeaders(context), {
    'x-a': ['1', '2'],
    'x-b': '1, 2',
    'x-c': 'kept, and, more',
    'x-forwarded-for': 'a, b, 10.0.0.1',
  });
});

test('what has not changed has no type', () => {
  const answer = (statusCode: number) =>
    responseHeaders(sent(), {
      statusCode,
      headers: {},
      rawHeaders: ['Content-Type', 'text/plain'],
    } as unknown as IncomingMessage)['content-type'];
  assert.equal(answer(304), undefined);
  assert.equal(answer(200), 'text/plain');
});
