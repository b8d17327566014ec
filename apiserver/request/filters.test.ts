import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, ResponseHeaders } from '../context.ts';
import { Lifecycle } from '../lifecycle.ts';
import { type FilterOptions, makeFilters } from './filters.ts';

function run(options: Partial<FilterOptions>, request: object) {
  const extraHeaders: Record<string, string> = {};
  const sent = { code: 200, headers: {} as ResponseHeaders, body: '' };
  const exchange = {
    method: 'GET',
    url: '/api',
    version: 1,
    headers: {},
    send(code: number, headers: ResponseHeaders, body?: Buffer) {
      Object.assign(sent, { code, headers, body: String(body ?? '') });
    },
    ...request,
  } as unknown as Exchange;
  const filters = makeFilters({
    corsOrigins: [],
    strictTransportSecurity: '',
    goawayChance: 0,
    retryAfter: false,
    lifecycle: new Lifecycle(),
    ...options,
  });
  const answered = filters.some((filter) => filter({ exchange, extraHeaders, auditId: 'id' }));
  return { answered, ...sent, headers: { ...extraHeaders, ...sent.headers }, filters };
}

test('without any of the flags there is nothing to do', () => {
  assert.deepEqual(run({}, { headers: { origin: 'https://x' } }).filters, []);
});

test('scripts of allowed origins may read, and ask first', () => {
  const corsOrigins = [/\/\/localhost(:[0-9]+)?$/];
  const origin = 'https://localhost:8080';
  const read = run({ corsOrigins }, { headers: { origin } });
  assert.equal(read.answered, false);
  assert.equal(read.headers['access-control-allow-origin'], origin);
  assert.equal(read.headers['access-control-allow-credentials'], 'true');
  const asked = run({ corsOrigins }, { method: 'OPTIONS', headers: { origin } });
  assert.deepEqual([asked.answered, asked.code], [true, 204]);
  assert.deepEqual(
    [asked.headers['audit-id'], asked.headers['cache-control']],
    ['id', 'no-cache, private'],
  );
  assert.equal(
    asked.headers['access-control-allow-methods'],
    'POST, GET, OPTIONS, PUT, DELETE, PATCH',
  );
  const stranger = run({ corsOrigins }, { headers: { origin: 'https://localhost.evil' } });
  assert.deepEqual([stranger.answered, stranger.headers], [false, {}]);
});

test('every answer carries the transport security directives', () => {
  const { headers, answered } = run({ strictTransportSecurity: 'max-age=1; preload' }, {});
  assert.deepEqual(headers, { 'strict-transport-security': 'max-age=1; preload' });
  assert.equal(answered, false);
});

test('a share of HTTP/2 requests makes their client open a new connection', () => {
  let closed = 0;
  const goAway = () => (closed += 1);
  const lucky = { goawayChance: 0.02, random: () => 0.01 };
  run(lucky, { goAway });
  run({ ...lucky, random: () => 0.02 }, { goAway });
  assert.equal(closed, 1);
});

test('who comes during the last moments is told to come back, but for health checks', () => {
  const lifecycle = new Lifecycle();
  assert.equal(run({ retryAfter: true, lifecycle }, {}).answered, false);
  lifecycle.refusing = true;
  const late = run({ retryAfter: true, lifecycle }, {});
  assert.deepEqual([late.code, late.headers['retry-after']], [429, '5']);
  assert.equal(late.body, 'The apiserver is shutting down, please try again later.\n');
  assert.deepEqual([late.headers['audit-id'], late.headers['connection']], ['id', 'close']);
  for (const exempt of [
    { url: '/readyz?verbose' },
    { url: '/metrics/slis' },
    { headers: { 'user-agent': 'kube-apiserver/v1.36.2 (linux/amd64)' } },
  ]) {
    assert.equal(run({ retryAfter: true, lifecycle }, exempt).answered, false);
  }
  let gone = 0;
  const later = run({ retryAfter: true, lifecycle }, { version: 2, goAway: () => gone++ });
  assert.deepEqual([later.code, later.headers['connection'], gone], [429, undefined, 1]);
});
