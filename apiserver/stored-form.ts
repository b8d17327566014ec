import type { Logger } from '../log/log.ts';
import { catalog } from './apis/catalog.ts';
import { followConfiguration } from './configuration-file.ts';
import { makeReloadMetrics } from './metrics/reload-metrics.ts';
import type { Registry } from '../metrics/registry.ts';
import type { StorageConfig } from './options/etcd.ts';
import { byResource } from './storage/encryption/by-resource.ts';
import { parseEncryptionConfig } from './storage/encryption/config.ts';
import { chained, jsonStorage, protobufStorage } from './storage/media-type.ts';
import type { StoredResource } from './storage/measured.ts';
import type { Store } from './storage/store.ts';
import { TransformedStore } from './storage/transformed.ts';

/** What stands behind the prefix in the keys of a built-in kind, and whose it is. */
export const storedResources: ReadonlyMap<string, StoredResource> = new Map(
  catalog
    .filter(({ storagePath }) => storagePath !== '')
    .map(({ storagePath, resource, group }) => [storagePath, { resource, group }]),
);

/** The store in the form that `--storage-media-type` and `--encryption-provider-config` ask for. */
export async function storedForm(
  store: Store,
  config: Pick<StorageConfig, 'prefix' | 'protobuf' | 'encryptionFile' | 'encryptionReload'>,
  log: Logger,
  registry: Registry,
): Promise<{ store: Store; close(): void }> {
  const form = config.protobuf ? protobufStorage : jsonStorage;
  const report = (key: string, error: unknown): void =>
    log.error({ key, error }, 'a stored value cannot be read');
  if (config.encryptionFile === '') {
    return { store: new TransformedStore(store, form, report), close() {} };
  }
  const followed = await followConfiguration({
    file: config.encryptionFile,
    log,
    read: parseEncryptionConfig,
    follow: config.encryptionReload,
    metrics: makeReloadMetrics(registry, 'encryption'),
  });
  const paths = new Map(
    [...storedResources].map(([path, { group, resource }]) => [
      path,
      group === '' ? resource : `${resource}.${group}`,
    ]),
  );
  const encryption = byResource(config.prefix, paths, followed.current);
  return {
    store: new TransformedStore(store, chained(form, encryption), report),
    close: () => followed.close(),
  };
}
