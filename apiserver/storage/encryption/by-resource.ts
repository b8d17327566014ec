import type { Transformer } from '../codec.ts';
import type { TransformerFor } from './config.ts';

/**
 * Finds the transformer of a key by the resource it belongs to. `paths` maps what stands behind the
 * prefix for built-in kinds (`secrets`, `services/specs`) to `resource.group`; custom resources are
 * below `<group>/<plural>`. Keys of no resource (leases of servers, allocations) are left alone.
 */
export function byResource(
  prefix: string,
  paths: ReadonlyMap<string, string>,
  transformerFor: () => TransformerFor,
): Transformer {
  const start = `${prefix}/`;
  const of = (key: string): Transformer | undefined => {
    if (!key.startsWith(start)) return undefined;
    const [first = '', second = ''] = key.slice(start.length).split('/', 2);
    const resource =
      paths.get(first) ??
      paths.get(`${first}/${second}`) ??
      (first.includes('.') ? `${second}.${first}` : undefined);
    return resource === undefined ? undefined : transformerFor()(resource);
  };
  return {
    toStorage: (bytes, key) => of(key)?.toStorage(bytes, key) ?? bytes,
    fromStorage: (bytes, key) => of(key)?.fromStorage(bytes, key) ?? bytes,
    stale: (bytes, key) => of(key)?.stale?.(bytes, key) ?? false,
  };
}
