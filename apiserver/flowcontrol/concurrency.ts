/**
 * How many seats each priority level has: its share of the server's, what it lends when it does not
 * need them and borrows when others do not. Pure.
 * Source: k8s.io/apiserver util/flowcontrol apf_controller.go (KEP-1040, borrowing).
 */

export interface LevelShares {
  name: string;
  exempt: boolean;
  nominalConcurrencyShares: number;
  /** 0 to 100. */
  lendablePercent: number;
  /** Undefined: no limit. */
  borrowingLimitPercent: number | undefined;
}

export interface LevelLimits {
  nominal: number;
  min: number;
  max: number;
}

/** Seats by level, for a server of `total` seats. */
export function nominalLimits(
  levels: readonly LevelShares[],
  total: number,
): Map<string, LevelLimits> {
  const sum = levels.reduce((shares, level) => shares + level.nominalConcurrencyShares, 0);
  const limits = new Map<string, LevelLimits>();
  for (const level of levels) {
    const nominal = sum === 0 ? 0 : Math.ceil((total * level.nominalConcurrencyShares) / sum);
    const lendable = Math.round((nominal * level.lendablePercent) / 100);
    const borrowing =
      level.borrowingLimitPercent === undefined
        ? total
        : Math.round((nominal * level.borrowingLimitPercent) / 100);
    limits.set(level.name, { nominal, min: nominal - lendable, max: nominal + borrowing });
  }
  return limits;
}

export interface LevelDemand extends LevelLimits {
  name: string;
  exempt: boolean;
  /** Most seats wanted at once in the last period. */
  highest: number;
  /** Wanted lately, falling slowly. */
  smoothed: number;
}

/** Seats each level may use until the next adjustment. */
export function allocate(levels: readonly LevelDemand[], total: number): Map<string, number> {
  const result = new Map<string, number>();
  let remaining = total;
  const limited: { name: string; target: number; low: number; high: number }[] = [];
  for (const level of levels) {
    const low = Math.max(level.min, Math.min(level.nominal, level.highest));
    if (level.exempt) {
      // Exempt requests are never held back; what they use is not there for others.
      const used = Math.max(low, Math.min(total, Math.round(level.smoothed)));
      result.set(level.name, used);
      remaining -= used;
    } else {
      const target = Math.max(low, level.smoothed);
      limited.push({ name: level.name, target, low, high: Math.max(low, level.max) });
    }
  }
  const lowest = limited.reduce((sum, { low }) => sum + low, 0);
  const fraction = lowest >= remaining ? 0 : fairFraction(limited, remaining);
  for (const { name, target, low, high } of limited) {
    const share = fraction === 0 ? low : Math.min(high, Math.max(low, fraction * target));
    result.set(name, Math.round(share));
  }
  return result;
}

/** The factor on every target at which the clamped shares add up to `total`. */
function fairFraction(
  levels: readonly { target: number; low: number; high: number }[],
  total: number,
): number {
  const sumAt = (fraction: number) =>
    levels.reduce(
      (sum, { target, low, high }) => sum + Math.min(high, Math.max(low, fraction * target)),
      0,
    );
  let low = 0;
  let high = 1;
  // Bounded: above this every level has hit its ceiling or has no demand at all.
  for (let i = 0; i < 40 && sumAt(high) < total; i++) high *= 2;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (sumAt(middle) < total) low = middle;
    else high = middle;
  }
  return high;
}

/** Share of the old value that stays per period: halves in about five minutes of 10 s periods. */
const smoothing = 0.977;

/** The demand of one level over one period, time-weighted. */
export class DemandMeter {
  smoothed = 0;
  highest = 0;
  #current = 0;
  #since = 0;
  #begun = 0;
  #area = 0;
  #squares = 0;

  constructor(nowSeconds: number) {
    this.#since = nowSeconds;
    this.#begun = nowSeconds;
  }

  set(demand: number, nowSeconds: number): void {
    const passed = Math.max(0, nowSeconds - this.#since);
    this.#area += this.#current * passed;
    this.#squares += this.#current * this.#current * passed;
    this.#since = nowSeconds;
    this.#current = demand;
    if (demand > this.highest) this.highest = demand;
  }

  /** Ends the period; gives its highest and the new smoothed demand. */
  turn(nowSeconds: number): { highest: number; smoothed: number } {
    this.set(this.#current, nowSeconds);
    const seconds = nowSeconds - this.#begun;
    const { highest } = this;
    if (seconds > 0) {
      const average = this.#area / seconds;
      const deviation = Math.sqrt(Math.max(0, this.#squares / seconds - average * average));
      const envelope = Math.min(average + deviation, highest);
      this.smoothed = Math.max(envelope, smoothing * this.smoothed + (1 - smoothing) * envelope);
    }
    this.#begun = nowSeconds;
    this.#area = 0;
    this.#squares = 0;
    this.highest = this.#current;
    return { highest, smoothed: this.smoothed };
  }
}
