import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventCorrelator } from './event-correlator.ts';

const event = (message: string) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'e' },
  involvedObject: { kind: 'Pod', namespace: 'n', name: 'p', uid: 'u' },
  type: 'Warning',
  reason: 'Failed',
  message,
  firstTimestamp: 'first',
});

test('a repetition raises the count of the Event already written', () => {
  const correlator = new EventCorrelator(() => 0);
  const first = correlator.correlate(event('x'));
  assert.equal(first?.previous, undefined);
  correlator.written(first?.key ?? '', 'p.1');
  const second = correlator.correlate(event('x'));
  assert.equal(second?.previous, 'p.1');
  assert.equal(second?.event.count, 2);
});

test('many different messages of one reason become one Event', () => {
  const correlator = new EventCorrelator(() => 0);
  const messages = Array.from(
    { length: 12 },
    (_, i) => correlator.correlate(event(`m${i}`))?.event.message,
  );
  assert.equal(messages[9], 'm9');
  assert.equal(messages[10], '(combined from similar events): m10');
});

test('a flood about one object is dropped after 25, and one passes again after 5 minutes', () => {
  let now = 0;
  const correlator = new EventCorrelator(() => now);
  const passed = Array.from({ length: 40 }, () => correlator.correlate(event('x'))).filter(Boolean);
  assert.equal(passed.length, 25);
  now = 300_000;
  assert.notEqual(correlator.correlate(event('x')), undefined);
  assert.equal(correlator.correlate(event('x')), undefined);
});
