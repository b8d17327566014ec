import type { Logger } from '../log/log.ts';
import { parseYaml } from '../object/yaml.ts';
import { followFiles } from '../pki/reload.ts';
import type { ReloadMetrics } from './metrics/reload-metrics.ts';

/**
 * A configuration that a flag names (authentication, authorization, encryption): read at the start,
 * and again when the file changes; one that cannot be used is not taken, the last good one stays.
 */
export interface FollowedConfiguration<T> {
  current(): T;
  close(): void;
}

export interface ConfigurationFile<T> {
  file: string;
  log: Logger;
  /** From the parsed YAML; throws for what cannot be used. `first`: what was read at the start. */
  read(content: unknown, first?: unknown): T;
  /** Of what has changed while the server runs: rejects when it cannot be used after all. */
  ready?(next: T): Promise<void>;
  /** Says the same as what was read last: nothing changes, and it counts as no reload. */
  same?(content: unknown, last: unknown): boolean;
  /** What was in force is no more. */
  replaced?(old: T): void;
  /** False: as it is at the start, for good. */
  follow?: boolean;
  /** Milliseconds between looks when nothing was heard. */
  pollMs?: number;
  metrics?: ReloadMetrics | undefined;
}

/** How often upstream looks at a file that it cannot read, and counts it. */
const unreadableMs = 60_000;

/** Rejects, naming the file, when it cannot be used at the start. */
export async function followConfiguration<T>(
  options: ConfigurationFile<T>,
): Promise<FollowedConfiguration<T>> {
  const { file, log, metrics } = options;
  let countedAt = -Infinity;
  const refused = (error: unknown): void => {
    countedAt = performance.now();
    metrics?.refused();
    log.warn({ error, file }, 'configuration cannot be used, keeping the last');
  };
  const read = (contents: Readonly<Record<string, Buffer>>) => {
    const bytes = contents['config'] ?? Buffer.alloc(0);
    try {
      const content = parseYaml(bytes.toString('utf8'));
      return { bytes, content, value: options.read(content, first?.content) };
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
    }
  };
  const followed = await followFiles({
    files: { config: file },
    ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
    async onChange(contents) {
      let next: typeof now;
      try {
        next = read(contents);
      } catch (error) {
        // it never will be good: not looked at again before it changes
        return refused(error);
      }
      if (options.same?.(next.content, now.content) === true) return;
      await options.ready?.(next.value);
      const old = now;
      now = next;
      options.replaced?.(old.value);
      metrics?.reloaded(next.bytes);
      log.info({ file }, 'configuration reloaded');
    },
    onError(error) {
      if (performance.now() - countedAt >= unreadableMs) refused(error);
    },
  });
  let first: { content: unknown } | undefined;
  let now: ReturnType<typeof read>;
  try {
    now = read(followed.contents);
    first = now;
    metrics?.applied(now.bytes);
  } catch (error) {
    followed.close();
    throw error;
  }
  if (options.follow === false) followed.close();
  return { current: () => now.value, close: () => followed.close() };
}
