import { Registry } from '../metrics/registry.ts';

/** The metrics of a process of controllers or of the operator; labels are bounded by their callers. */
const registry = new Registry();

export const counter = registry.counter.bind(registry);
export const gauge = registry.gauge.bind(registry);
export const histogram = registry.histogram.bind(registry);

const memory = [
  ['process_resident_memory_bytes', 'Resident memory size in bytes.', 'rss'],
  ['nodejs_heap_used_bytes', 'Heap in use from Node.js in bytes.', 'heapUsed'],
] as const;
for (const [name, help, field] of memory) {
  registry.collected(name, help, 'gauge', [], () => [
    { labels: [], value: process.memoryUsage()[field] },
  ]);
}

/** The body of GET /metrics. */
export function metricsText(): Promise<string> {
  return registry.text();
}
