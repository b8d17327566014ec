import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Registry } from './registry.ts';
import type { Sample } from './sample.ts';

/** What Node.js knows of itself: event loop, heap, garbage collection, what keeps it alive. */
export function exposeRuntime(registry: Registry): void {
  exposeEventLoop(registry);
  exposeActive(registry);
  exposeHeap(registry);
  const { node } = process.versions;
  const version = [process.version, ...node.split('.')];
  const names = ['version', 'major', 'minor', 'patch'];
  registry.collected('nodejs_version_info', 'Node.js version info.', 'gauge', names, () => [
    { labels: version, value: 1 },
  ]);
  exposeCollections(registry);
}

/** Since the last look; reading the first of them starts anew. */
function exposeEventLoop(registry: Registry): void {
  const delay = monitorEventLoopDelay();
  delay.enable();
  let lag = 0;
  const seen = new Map<string, number>();
  const look = (): void => {
    const asked = performance.now();
    setImmediate(() => {
      lag = (performance.now() - asked) / 1e3;
    });
    for (const [name, , read] of delays) seen.set(name, read() / 1e9);
    delay.reset();
  };
  const delays: readonly [name: string, help: string, read: () => number][] = [
    ['min', 'The minimum recorded event loop delay.', () => delay.min],
    ['max', 'The maximum recorded event loop delay.', () => delay.max],
    ['mean', 'The mean of the recorded event loop delays.', () => delay.mean],
    ['stddev', 'The standard deviation of the recorded event loop delays.', () => delay.stddev],
    ['p50', 'The 50th percentile of the recorded event loop delays.', () => delay.percentile(50)],
    ['p90', 'The 90th percentile of the recorded event loop delays.', () => delay.percentile(90)],
    ['p99', 'The 99th percentile of the recorded event loop delays.', () => delay.percentile(99)],
  ];
  const name = 'nodejs_eventloop_lag_seconds';
  registry.collected(name, 'Lag of event loop in seconds.', 'gauge', [], () => {
    look();
    return [{ labels: [], value: lag }];
  });
  for (const [part, help] of delays) {
    registry.collected(`nodejs_eventloop_lag_${part}_seconds`, help, 'gauge', [], () => [
      { labels: [], value: seen.get(part) ?? 0 },
    ]);
  }
}

function exposeActive(registry: Registry): void {
  const kinds = [
    {
      name: 'nodejs_active_resources',
      help: 'Number of active resources that are currently keeping the event loop alive, grouped by async resource type.',
      total: 'Total number of active resources.',
      read: () => process.getActiveResourcesInfo(),
    },
    {
      name: 'nodejs_active_handles',
      help: 'Number of active libuv handles grouped by handle type. Every handle type is C++ class name.',
      total: 'Total number of active handles.',
      read: () => classNames('_getActiveHandles'),
    },
    {
      name: 'nodejs_active_requests',
      help: 'Number of active libuv requests grouped by request type. Every request type is C++ class name.',
      total: 'Total number of active requests.',
      read: () => classNames('_getActiveRequests'),
    },
  ];
  for (const { name, help, total, read } of kinds) {
    registry.collected(name, help, 'gauge', ['type'], () => {
      const byType = Map.groupBy(read(), (type) => type);
      return [...byType].map(([type, all]) => ({ labels: [type], value: all.length }));
    });
    registry.collected(`${name}_total`, total, 'gauge', [], () => [
      { labels: [], value: read().length },
    ]);
  }
}

/** Node.js counts these, and says so in no public function. */
function classNames(list: '_getActiveHandles' | '_getActiveRequests'): string[] {
  const active = (process as unknown as Record<string, (() => object[]) | undefined>)[list];
  return (active?.call(process) ?? []).map((one) => one?.constructor?.name ?? 'Object');
}

function exposeHeap(registry: Registry): void {
  const sizes = [
    ['nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.', 'heapTotal'],
    ['nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.', 'heapUsed'],
    ['nodejs_external_memory_bytes', 'Node.js external memory size in bytes.', 'external'],
  ] as const;
  for (const [name, help, field] of sizes) {
    registry.collected(name, help, 'gauge', [], () => [
      { labels: [], value: process.memoryUsage()[field] },
    ]);
  }
  const spaces = [
    ['total', 'space_size'],
    ['used', 'space_used_size'],
    ['available', 'space_available_size'],
  ] as const;
  for (const [part, field] of spaces) {
    const name = `nodejs_heap_space_size_${part}_bytes`;
    const help = `Process heap space size ${part} from Node.js in bytes.`;
    registry.collected(name, help, 'gauge', ['space'], () =>
      getHeapSpaceStatistics().map(
        (space): Sample => ({
          labels: [space.space_name.replace(/_space$/, '')],
          value: space[field],
        }),
      ),
    );
  }
}

const collectionKinds = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

function exposeCollections(registry: Registry): void {
  const durations = registry.histogram(
    'nodejs_gc_duration_seconds',
    'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
    ['kind'],
    [0.001, 0.01, 0.1, 1, 2, 5],
  );
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
      durations.observe([collectionKinds.get(kind) ?? String(kind)], entry.duration / 1e3);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
}
