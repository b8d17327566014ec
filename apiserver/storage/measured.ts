import type { Count, Distribution, Registry } from '../../metrics/registry.ts';
import { ForwardingStore } from './forwarding.ts';
import type {
  KeyValue,
  ListOptions,
  ListResult,
  Store,
  UpdateResult,
  WriteOptions,
} from './store.ts';

type Operation = 'get' | 'list' | 'listOnlyKeys' | 'create' | 'update' | 'delete';

export interface StoredResource {
  group: string;
  resource: string;
}

interface Series {
  seconds: Distribution;
  count: Count;
}

const buckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];
const labels = ['operation', 'group', 'resource'];

/**
 * Measures what the database takes for each request (k8s.io/apiserver storage/etcd3/metrics). A write
 * that somebody else's came before is no error, it is the caller's next question.
 */
export class MeasuredStore extends ForwardingStore {
  readonly #resourceOf: (key: string) => StoredResource;
  readonly #seriesOf: (operation: Operation, of: StoredResource) => Series;
  readonly #failed: (operation: Operation, of: StoredResource) => void;

  constructor(store: Store, registry: Registry, resourceOf: (key: string) => StoredResource) {
    super(store);
    this.#resourceOf = resourceOf;
    const seconds = registry.histogram(
      'etcd_request_duration_seconds',
      '[ALPHA] Etcd request latency in seconds for each operation and object type.',
      labels,
      buckets,
    );
    const total = registry.counter(
      'etcd_requests_total',
      '[ALPHA] Etcd request counts for each operation and object type.',
      labels,
    );
    const errors = registry.counter(
      'etcd_request_errors_total',
      '[ALPHA] Etcd failed request counts for each operation and object type.',
      labels,
    );
    const known = new Map<string, Series>();
    registry.onReset(() => known.clear());
    this.#seriesOf = (operation, { group, resource }) => {
      const key = `${operation} ${resource}.${group}`;
      let series = known.get(key);
      if (series === undefined) {
        const values = [operation, group, resource];
        series = { seconds: seconds.with(values), count: total.with(values) };
        known.set(key, series);
      }
      return series;
    };
    this.#failed = (operation, { group, resource }) => errors.inc([operation, group, resource]);
  }

  async #measured<T>(operation: Operation, key: string, request: Promise<T>): Promise<T> {
    const began = performance.now();
    const of = this.#resourceOf(key);
    try {
      return await request;
    } catch (error) {
      this.#failed(operation, of);
      throw error;
    } finally {
      const { seconds, count } = this.#seriesOf(operation, of);
      seconds.observe((performance.now() - began) / 1e3);
      count.value += 1;
    }
  }

  override get(key: string): Promise<{ item: KeyValue | undefined; revision: number }> {
    return this.#measured('get', key, this.store.get(key));
  }

  override list(prefix: string, options?: ListOptions): Promise<ListResult> {
    const operation = options?.keysOnly === true ? 'listOnlyKeys' : 'list';
    return this.#measured(operation, prefix, this.store.list(prefix, options));
  }

  override create(key: string, value: Buffer, options?: WriteOptions): Promise<number> {
    return this.#measured('create', key, this.store.create(key, value, options));
  }

  override update(
    key: string,
    value: Buffer,
    expected: number,
    options?: WriteOptions,
  ): Promise<UpdateResult> {
    return this.#measured('update', key, this.store.update(key, value, expected, options));
  }

  override delete(key: string, expected: number): Promise<UpdateResult> {
    return this.#measured('delete', key, this.store.delete(key, expected));
  }
}

/**
 * The resource that a key belongs to: `paths` maps what stands behind the prefix for built-in kinds
 * (`secrets`, `services/specs`), custom resources are below `<group>/<plural>`. Keys of the server
 * itself are told by their first part.
 */
export function resourceByKey(
  prefix: string,
  paths: ReadonlyMap<string, StoredResource>,
): (key: string) => StoredResource {
  const start = prefix.length + 1;
  return (key) => {
    const end = key.indexOf('/', start);
    const first = key.slice(start, end < 0 ? undefined : end);
    const known = paths.get(first);
    if (known !== undefined) return known;
    const second = end < 0 ? '' : (key.slice(end + 1).split('/', 1)[0] ?? '');
    return (
      paths.get(`${first}/${second}`) ??
      (first.includes('.') ? { group: first, resource: second } : { group: '', resource: first })
    );
  };
}
