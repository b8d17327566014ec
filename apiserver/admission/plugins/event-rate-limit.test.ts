import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admissionRequest, makeObject } from '../request-double.ts';
import { type EventLimit, makeEventRateLimit } from './event-rate-limit.ts';

function world(...limits: EventLimit[]) {
  const clock = { ms: 0 };
  const plugin = makeEventRateLimit(limits, () => clock.ms);
  /** What is said, '' for nothing. */
  const tell = (name = 'p', user = 'alice', namespace = 'ns'): string => {
    const object = makeObject('Event', 'e', {
      source: { component: 'c' },
      involvedObject: { kind: 'Pod', name },
    });
    const by = { name: user, groups: [] };
    try {
      plugin.validate?.(admissionRequest({ of: 'events', object, user: by, namespace }));
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  return { clock, tell, plugin };
}

const limit = (type: string, burst: number, cacheSize = 0) => ({ type, qps: 2, burst, cacheSize });
const reached = (type: string, key: string) =>
  `Too many requests: limit reached on type ${type} for key ${key}`;

test('events are counted by what the limit is of', () => {
  const { tell, clock, plugin } = world(limit('Server', 2));
  assert.deepEqual([tell(), tell(), tell()], ['', '', reached('Server', '')]);
  clock.ms += 499;
  assert.equal(tell(), reached('Server', ''));
  clock.ms += 1;
  assert.deepEqual([tell(), tell()], ['', reached('Server', '')]);
  plugin.validate?.(admissionRequest({ of: 'events', operation: 'DELETE' }));
  plugin.validate?.(admissionRequest({ of: 'pods', object: makeObject('Pod', 'p') }));

  const ofUsers = world(limit('User', 1));
  assert.deepEqual([ofUsers.tell(), ofUsers.tell('p', 'bob')], ['', '']);
  assert.equal(ofUsers.tell('q', 'bob'), reached('User', 'bob'));
  const ofObjects = world(limit('SourceAndObject', 1));
  assert.deepEqual([ofObjects.tell(), ofObjects.tell('q')], ['', '']);
  assert.equal(ofObjects.tell('q', 'bob'), reached('SourceAndObject', 'cPodq'));
});

test('the last limit that is reached is told, and the eldest keys are forgotten', () => {
  const { tell } = world(limit('Server', 1), limit('Namespace', 1));
  assert.deepEqual([tell(), tell()], ['', reached('Namespace', 'ns')]);
  assert.equal(tell('p', 'alice', 'other'), reached('Server', ''));
  const small = world(limit('User', 1, 1));
  assert.deepEqual(
    ['a', 'b', 'a', 'a'].map((user) => small.tell('p', user)),
    ['', '', '', reached('User', 'a')],
  );
});
