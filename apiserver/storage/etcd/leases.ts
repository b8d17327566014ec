import type { Endpoints } from './endpoints.ts';
import { leaseGrant } from './requests.ts';

/** Keys per lease at most: upstream's LeaseManagerConfig. */
const keysPerLease = 1_000;
/** Different TTLs remembered at most. */
const kindsLimit = 64;

interface Lease {
  id: bigint;
  keys: number;
  /** Monotonic milliseconds after which it is not handed out any more. */
  reusableUntil: number;
}

/**
 * Leases for keys with a TTL, shared by the keys of one window as upstream shares them for Events: a
 * lease lives up to 5 % (at most `reuseSeconds`) longer than asked, and is used for that long.
 */
export class Leases {
  readonly #endpoints: Endpoints;
  readonly #reuseSeconds: number;
  readonly #byTtl = new Map<number, Promise<Lease>>();

  /** `reuseSeconds`: `--lease-reuse-duration-seconds`. */
  constructor(endpoints: Endpoints, reuseSeconds = 60) {
    this.#endpoints = endpoints;
    this.#reuseSeconds = reuseSeconds;
  }

  async get(ttlSeconds: number): Promise<bigint> {
    const known = this.#byTtl.get(ttlSeconds);
    if (known !== undefined) {
      const lease = await known.catch(() => undefined);
      const usable = lease !== undefined && performance.now() < lease.reusableUntil;
      if (usable && lease.keys < keysPerLease) {
        lease.keys++;
        return lease.id;
      }
      if (this.#byTtl.get(ttlSeconds) === known) this.#byTtl.delete(ttlSeconds);
      return this.get(ttlSeconds);
    }
    const made = this.#grant(ttlSeconds);
    this.#byTtl.set(ttlSeconds, made);
    if (this.#byTtl.size > kindsLimit) {
      const oldest = this.#byTtl.keys().next().value;
      if (oldest !== undefined) this.#byTtl.delete(oldest);
    }
    try {
      return (await made).id;
    } catch (error) {
      if (this.#byTtl.get(ttlSeconds) === made) this.#byTtl.delete(ttlSeconds);
      throw error;
    }
  }

  /** etcd does not know it any more. */
  forget(ttlSeconds: number): void {
    this.#byTtl.delete(ttlSeconds);
  }

  async #grant(ttlSeconds: number): Promise<Lease> {
    const extra = Math.min(this.#reuseSeconds, Math.floor(ttlSeconds * 0.05));
    const begun = performance.now();
    const id = await this.#endpoints.call(
      leaseGrant,
      { ttlSeconds: Math.ceil(ttlSeconds) + extra },
      { attemptMs: 3_000, totalMs: 10_000 },
    );
    return { id, keys: 1, reusableUntil: begun + extra * 1000 };
  }
}
