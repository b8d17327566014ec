import type { TokenAuthenticator, TokenIdentity } from './authenticator.ts';
import { tokenHash } from './token-hash.ts';

/** Least recently used first out; entries expire. Keys are hashes: no token is kept. */
export class TokenCache<T> {
  readonly #entries = new Map<string, { value: T; expires: number }>();
  readonly #max: number;
  readonly #now: () => number;

  constructor(options: { max: number; now?: () => number }) {
    this.#max = options.max;
    this.#now = options.now ?? Date.now;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expires <= this.#now()) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** `expires` in milliseconds since 1970. */
  set(key: string, value: T, expires: number): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#max) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
    this.#entries.set(key, { value, expires });
  }

  clear(): void {
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }
}

function tokenKey(hash: string, audiences: readonly string[]): string {
  return audiences.length === 0 ? hash : `${hash} ${audiences.join(' ')}`;
}

/** A token that nobody knows. */
const unknown = Symbol('unknown');

/**
 * Remembers for a while which tokens are known, and where told so which are not, for authenticators that
 * ask someone else; simultaneous requests with one token share one question. Errors are not remembered.
 * Source: authentication/token/cache (success 10 s, failure 0; of the webhook both as flags say).
 */
export function cacheTokens(
  inner: TokenAuthenticator,
  options: { successTtlMs: number; failureTtlMs?: number; max?: number; now?: () => number },
): TokenAuthenticator {
  const { successTtlMs, failureTtlMs = 0 } = options;
  const now = options.now ?? Date.now;
  const cache = new TokenCache<TokenIdentity | typeof unknown>({ max: options.max ?? 4096, now });
  const asking = new Map<string, Promise<TokenIdentity | undefined>>();
  return {
    name: inner.name,
    authenticateToken(token, audiences, hash = tokenHash(token)) {
      const key = tokenKey(hash, audiences);
      const known = cache.get(key) ?? asking.get(key);
      if (known === unknown) return undefined;
      if (known !== undefined) return known;
      const answer = inner.authenticateToken(token, audiences);
      if (!(answer instanceof Promise)) return answer;
      const shared = answer
        .then((identity) => {
          const ttlMs = identity === undefined ? failureTtlMs : successTtlMs;
          if (ttlMs > 0) cache.set(key, identity ?? unknown, now() + ttlMs);
          return identity;
        })
        .finally(() => asking.delete(key));
      asking.set(key, shared);
      return shared;
    },
  };
}
