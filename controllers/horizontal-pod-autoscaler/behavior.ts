import type { Behavior, ScalingRules } from './autoscaler.ts';
import { type History, remember, type Sample } from './history.ts';

/** From what metrics ask for to what is done: limits, rates and stabilization (horizontal.go). Pure but for the history. */

export interface Wish {
  current: number;
  desired: number;
  min: number;
  max: number;
  nowMs: number;
}

interface Reason {
  reason: string;
  message: string;
}

export interface Decision {
  replicas: number;
  /** Of the condition AbleToScale, which is true. */
  able: Reason;
  /** Of the condition ScalingLimited. */
  limited: Reason & { status: boolean };
}

const ready: Reason = {
  reason: 'ReadyForNewScale',
  message: 'recommended size matches current size',
};
const held = {
  up: {
    reason: 'ScaleUpStabilized',
    message:
      'recent recommendations were lower than current one, applying the lowest recent recommendation',
  },
  down: {
    reason: 'ScaleDownStabilized',
    message:
      'recent recommendations were higher than current one, applying the highest recent recommendation',
  },
};
const limits = {
  within: {
    reason: 'DesiredWithinRange',
    message: 'the desired count is within the acceptable range',
  },
  most: {
    reason: 'TooManyReplicas',
    message: 'the desired replica count is more than the maximum replica count',
  },
  least: {
    reason: 'TooFewReplicas',
    message: 'the desired replica count is less than the minimum replica count',
  },
  up: {
    reason: 'ScaleUpLimit',
    message: 'the desired replica count is increasing faster than the maximum scale rate',
  },
  down: {
    reason: 'ScaleDownLimit',
    message: 'the desired replica count is decreasing faster than the maximum scale rate',
  },
};

/** Where it says nothing: up to twice as many at once, down to the most that was asked for of late. */
export function decide(wish: Wish, history: History, downscaleMs: number): Decision {
  const { desired, nowMs } = wish;
  const recent = history.recommendations.filter(({ atMs }) => atMs >= nowMs - downscaleMs);
  const stable = Math.max(desired, ...recent.map(({ replicas }) => replicas));
  history.recommendations = [...recent, { replicas: desired, atMs: nowMs }];
  const able = stable === desired ? ready : held.down;
  return decisionOf(able, stable, withinRules({ ...wish, desired: stable }));
}

/** Where it has a behavior. */
export function decideByBehavior(
  wish: Wish,
  history: History,
  behavior: Required<Behavior>,
): Decision {
  const { current, desired } = wish;
  const stable = stabilize(wish, history, behavior);
  const able = stable === desired ? ready : desired >= current ? held.up : held.down;
  return decisionOf(able, stable, withinRates({ ...wish, desired: stable }, history, behavior));
}

type Limited = [replicas: number, why: Reason];

function decisionOf(able: Reason, stable: number, [replicas, why]: Limited): Decision {
  return { replicas, able, limited: { status: replicas !== stable, ...why } };
}

function withinRules({ current, desired, min, max }: Wish): Limited {
  const fastest = Math.max(2 * current, 4);
  if (desired < min) return [min, limits.least];
  const [most, why] = max > fastest ? [fastest, limits.up] : [max, limits.most];
  return desired > most ? [most, why] : [desired, limits.within];
}

/** Up no further than the least, down no further than the most of what was asked for within the windows. */
function stabilize(
  wish: Wish,
  history: History,
  { scaleUp, scaleDown }: Required<Behavior>,
): number {
  const { current, desired, nowMs } = wish;
  const since = (rules: ScalingRules) => nowMs - (rules.stabilizationWindowSeconds ?? 0) * 1000;
  const [up, down] = [since(scaleUp), since(scaleDown)];
  let least = desired;
  let most = desired;
  for (const { replicas, atMs } of history.recommendations) {
    if (atMs > up) least = Math.min(least, replicas);
    if (atMs > down) most = Math.max(most, replicas);
  }
  const kept = history.recommendations.filter(({ atMs }) => atMs >= Math.min(up, down));
  history.recommendations = [...kept, { replicas: desired, atMs: nowMs }];
  return Math.min(Math.max(current, least), most);
}

function withinRates(wish: Wish, history: History, behavior: Required<Behavior>): Limited {
  const { current, desired, min, max } = wish;
  if (desired > current) {
    const fastest = Math.max(current, upLimit(wish, history, behavior.scaleUp));
    const [most, why] = max > fastest ? [fastest, limits.up] : [max, limits.most];
    if (desired > most) return [most, why];
  } else if (desired < current) {
    const fastest = Math.min(current, downLimit(wish, history, behavior.scaleDown));
    const [least, why] = min < fastest ? [fastest, limits.down] : [min, limits.least];
    if (desired < least) return [least, why];
  }
  return [desired, limits.within];
}

function upLimit(wish: Wish, history: History, rules: ScalingRules): number {
  if (rules.selectPolicy === 'Disabled') return wish.current;
  const proposals = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = atStart(wish, history, periodSeconds);
    return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

function downLimit(wish: Wish, history: History, rules: ScalingRules): number {
  if (rules.selectPolicy === 'Disabled') return wish.current;
  const proposals = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = atStart(wish, history, periodSeconds);
    return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100));
  });
  // the least change leaves the most
  return rules.selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}

/** How many there were when a period began. */
function atStart({ current, nowMs }: Wish, { ups, downs }: History, periodSeconds: number): number {
  const change = (samples: Sample[]) =>
    samples
      .filter(({ atMs }) => atMs > nowMs - periodSeconds * 1000)
      .reduce((total, { replicas }) => total + replicas, 0);
  return current - change(ups) + change(downs);
}

/** What policies have to know of a change. */
export function noteScaling(
  history: History,
  behavior: Required<Behavior>,
  { from, to, nowMs }: { from: number; to: number; nowMs: number },
): void {
  const rules = to > from ? behavior.scaleUp : behavior.scaleDown;
  const longest = Math.max(0, ...(rules.policies ?? []).map((p) => p.periodSeconds)) * 1000;
  const sample = { replicas: Math.abs(to - from), atMs: nowMs };
  if (to > from) history.ups = remember(history.ups, sample, nowMs - longest);
  else history.downs = remember(history.downs, sample, nowMs - longest);
}
