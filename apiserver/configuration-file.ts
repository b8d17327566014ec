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
  /** From the parsed YAML; throws for what cannot be used. */
  read(content: unknown): T;
  /** Of what has changed while the server runs: rejects when it cannot be used after all. */
  ready?(next: T): Promise<void>;
  /** What was in force is no more. */
  replaced?(old: T): void;
  /** False: as it is at the start, for good. */
  follow?: boolean;
  metrics?: ReloadMetrics | undefined;
}

/** Rejects, naming the file, when it cannot be used at the start. */
export async function followConfiguration<T>(
  options: ConfigurationFile<T>,
): Promise<FollowedConfiguration<T>> {
  const { file, log, metrics } = options;
  const none = Buffer.alloc(0);
  const read = (contents: Readonly<Record<string, Buffer>>): T => {
    try {
      return options.read(parseYaml(contents['config']?.toString('utf8') ?? ''));
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
    }
  };
  const followed = await followFiles({
    files: { config: file },
    async onChange(contents) {
      const next = read(contents);
      await options.ready?.(next);
      const old = now;
      now = next;
      options.replaced?.(old);
      metrics?.reloaded(contents['config'] ?? none);
      log.info({ file }, 'configuration reloaded');
    },
    onError(error) {
      metrics?.refused();
      log.warn({ error, file }, 'configuration cannot be used, keeping the last');
    },
  });
  let now: T;
  try {
    now = read(followed.contents);
    metrics?.applied(followed.contents['config'] ?? none);
  } catch (error) {
    followed.close();
    throw error;
  }
  if (options.follow === false) followed.close();
  return { current: () => now, close: () => followed.close() };
}
