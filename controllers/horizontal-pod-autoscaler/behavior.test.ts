import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScalingPolicy, ScalingRules } from './autoscaler.ts';
import { decide, decideByBehavior, noteScaling } from './behavior.ts';
import type { History, Sample } from './history.ts';

const nowMs = 1_000_000;
const minuteMs = 60_000;
const ago = (seconds: number, replicas: number): Sample => ({
  replicas,
  atMs: nowMs - seconds * 1000,
});
const history = (more: Partial<History> = {}): History => ({
  recommendations: [],
  ups: [],
  downs: [],
  ...more,
});
const pods = (value: number, periodSeconds = 60): ScalingPolicy => ({
  type: 'Pods',
  value,
  periodSeconds,
});
const percent = (value: number, periodSeconds = 60): ScalingPolicy => ({
  type: 'Percent',
  value,
  periodSeconds,
});
const rules = (policies: ScalingPolicy[], more: Partial<ScalingRules> = {}): ScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies,
  ...more,
});
const any = rules([percent(1000, 1)]);

test('without a behavior: limits, twice as many at once, the most of the last minutes', () => {
  type Case = [number, number, number, number, Sample[], number, string, string];
  const cases: Case[] = [
    [1, 2, 1, 10, [], 2, 'ReadyForNewScale', 'DesiredWithinRange'],
    [1, 0, 1, 10, [], 1, 'ReadyForNewScale', 'TooFewReplicas'],
    [8, 15, 1, 10, [], 10, 'ReadyForNewScale', 'TooManyReplicas'],
    [3, 9, 1, 10, [], 6, 'ReadyForNewScale', 'ScaleUpLimit'],
    [1, 9, 1, 10, [], 4, 'ReadyForNewScale', 'ScaleUpLimit'],
    [5, 2, 1, 10, [ago(30, 4)], 4, 'ScaleDownStabilized', 'DesiredWithinRange'],
    [5, 2, 1, 10, [ago(300, 4)], 4, 'ScaleDownStabilized', 'DesiredWithinRange'],
    [5, 2, 1, 10, [ago(301, 4)], 2, 'ReadyForNewScale', 'DesiredWithinRange'],
  ];
  for (const [current, desired, min, max, recommendations, replicas, able, limited] of cases) {
    const wish = { current, desired, min, max, nowMs };
    const decision = decide(wish, history({ recommendations }), 5 * minuteMs);
    assert.deepEqual(
      [decision.replicas, decision.able.reason, decision.limited.reason],
      [replicas, able, limited],
    );
    assert.equal(decision.limited.status, limited !== 'DesiredWithinRange');
  }
});

test('what was asked for is kept, not what was done', () => {
  const kept = history({ recommendations: [ago(400, 9)] });
  decide({ current: 3, desired: 9, min: 1, max: 10, nowMs }, kept, 5 * minuteMs);
  assert.deepEqual(kept.recommendations, [{ replicas: 9, atMs: nowMs }]);
});

function limited(
  current: number,
  desired: number,
  own: { up?: ScalingRules; down?: ScalingRules; max?: number; min?: number; before?: History },
): [number, string] {
  const { up = any, down = any, min = 1, max = 1000, before = history() } = own;
  const behavior = { scaleUp: up, scaleDown: down };
  const decision = decideByBehavior({ current, desired, min, max, nowMs }, before, behavior);
  return [decision.replicas, decision.limited.reason];
}

test('up: pods or percent, the most or the least of policies, none, and limits', () => {
  const within = 'DesiredWithinRange';
  const fast = 'ScaleUpLimit';
  assert.deepEqual(limited(10, 50, { up: rules([pods(4)]) }), [14, fast]);
  assert.deepEqual(limited(10, 50, { up: rules([percent(50)]) }), [15, fast]);
  // rounded up: else one would never grow
  assert.deepEqual(limited(1, 5, { up: rules([percent(10)]) }), [2, fast]);
  const both = [pods(4), percent(10)];
  assert.deepEqual(limited(10, 50, { up: rules(both) }), [14, fast]);
  assert.deepEqual(limited(10, 50, { up: rules(both, { selectPolicy: 'Min' }) }), [11, fast]);
  assert.deepEqual(limited(10, 50, { up: rules(both, { selectPolicy: 'Disabled' }) }), [10, fast]);
  assert.deepEqual(limited(10, 12, { up: rules(both) }), [12, within]);
  assert.deepEqual(limited(10, 50, { max: 20 }), [20, 'TooManyReplicas']);
  assert.deepEqual(limited(10, 10, { up: rules([pods(1)]) }), [10, within]);
});

test('down: the same the other way', () => {
  const fast = 'ScaleDownLimit';
  assert.deepEqual(limited(10, 1, { down: rules([pods(3)]) }), [7, fast]);
  assert.deepEqual(limited(10, 1, { down: rules([percent(25)]) }), [7, fast]);
  const both = [pods(4), percent(10)];
  assert.deepEqual(limited(10, 1, { down: rules(both) }), [6, fast]);
  assert.deepEqual(limited(10, 1, { down: rules(both, { selectPolicy: 'Min' }) }), [9, fast]);
  assert.deepEqual(limited(10, 1, { down: rules(both, { selectPolicy: 'Disabled' }) }), [10, fast]);
  const all = rules([percent(100, 15)]);
  assert.deepEqual(limited(10, 1, { down: all, min: 3 }), [3, 'TooFewReplicas']);
  assert.deepEqual(limited(10, 4, { down: all, min: 3 }), [4, 'DesiredWithinRange']);
});

test('what was added and taken within a period counts for its policies', () => {
  const up = rules([pods(4)]);
  // 3 of 4 are used up
  const before = () => history({ ups: [ago(30, 3), ago(60, 100)] });
  assert.deepEqual(limited(10, 50, { up, before: before() }), [11, 'ScaleUpLimit']);
  // what was taken may be added again
  assert.deepEqual(limited(10, 50, { up, before: history({ downs: [ago(5, 2)] }) }), [
    16,
    'ScaleUpLimit',
  ]);
  // more was added than would be now: no further, but not back
  assert.deepEqual(limited(10, 50, { up, before: history({ ups: [ago(1, 9)] }) }), [
    10,
    'ScaleUpLimit',
  ]);
  const down = rules([percent(50)]);
  assert.deepEqual(limited(6, 1, { down, before: history({ downs: [ago(10, 4)] }) }), [
    5,
    'ScaleDownLimit',
  ]);
  assert.deepEqual(limited(6, 1, { down, before: history({ downs: [ago(10, 9)] }) }), [
    6,
    'ScaleDownLimit',
  ]);
});

test('windows: no higher than the least, no lower than the most of what was asked for', () => {
  function stable(current: number, desired: number, up: number, down: number, past: Sample[]) {
    const behavior = {
      scaleUp: { ...any, stabilizationWindowSeconds: up },
      scaleDown: { ...any, stabilizationWindowSeconds: down },
    };
    const wish = { current, desired, min: 1, max: 100, nowMs };
    const decision = decideByBehavior(wish, history({ recommendations: past }), behavior);
    return [decision.replicas, decision.able.reason];
  }
  const past = [ago(10, 6), ago(50, 3), ago(100, 9)];
  assert.deepEqual(stable(4, 8, 0, 0, past), [8, 'ReadyForNewScale']);
  assert.deepEqual(stable(4, 8, 30, 0, past), [6, 'ScaleUpStabilized']);
  assert.deepEqual(stable(4, 8, 60, 0, past), [4, 'ScaleUpStabilized']);
  assert.deepEqual(stable(7, 2, 0, 0, past), [2, 'ReadyForNewScale']);
  assert.deepEqual(stable(7, 2, 0, 30, past), [6, 'ScaleDownStabilized']);
  assert.deepEqual(stable(7, 2, 0, 300, past), [7, 'ScaleDownStabilized']);
  // a window's edge is out of it
  assert.deepEqual(stable(4, 8, 10, 0, past), [8, 'ReadyForNewScale']);
});

test('a change is noted until no policy looks back at it', () => {
  const kept = history({ ups: [ago(100, 1), ago(20, 2)], downs: [ago(100, 5)] });
  const behavior = { scaleUp: rules([pods(1, 15), pods(1, 60)]), scaleDown: rules([pods(1, 30)]) };
  noteScaling(kept, behavior, { from: 3, to: 7, nowMs });
  assert.deepEqual(kept.ups, [ago(20, 2), ago(0, 4)]);
  noteScaling(kept, behavior, { from: 7, to: 6, nowMs });
  assert.deepEqual(kept.downs, [ago(0, 1)]);
});
