import type { Logger } from '../../log/log.ts';
import { FlagError } from '../../flags/flag-set.ts';
import type { Store } from './store.ts';

export interface StorageOptions {
  /** `https://host:2379` …, or one of `sqlite:///path/to/file.db` and `memory://`. */
  servers: readonly string[];
  caFile: string;
  certFile: string;
  keyFile: string;
  leaseReuseSeconds: number;
}

/** The store the URLs name; adapters are loaded only when used. Does not wait for etcd to answer. */
export async function openStore(options: StorageOptions, log: Logger): Promise<Store> {
  const [first = ''] = options.servers;
  const scheme = /^([a-z0-9]+):\/\//.exec(first)?.[1] ?? '';
  if (scheme === 'memory' || scheme === 'sqlite') {
    if (options.servers.length > 1) {
      throw new FlagError(
        `--etcd-servers: ${scheme}:// stands alone, but ${options.servers.length} were given`,
      );
    }
    if (scheme === 'memory') {
      const { MemoryStore } = await import('./memory.ts');
      return new MemoryStore();
    }
    const { SqliteStore } = await import('./sqlite.ts');
    return new SqliteStore(first.slice('sqlite://'.length));
  }
  for (const server of options.servers) {
    if (!/^https?:\/\/[^/]+$/.test(server)) {
      throw new FlagError(
        `--etcd-servers: ${JSON.stringify(server)} is not http(s)://host:port, sqlite:///path or memory://`,
      );
    }
  }
  const { EtcdStore } = await import('./etcd.ts');
  return EtcdStore.open(options, log);
}
