import { readdirSync, readFileSync } from 'node:fs';
import type { Registry } from './registry.ts';

/** What every Prometheus client says of its process, under the names all of them use. */
export function exposeProcess(registry: Registry): void {
  const one = (
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    read: () => number | undefined,
  ): void => {
    registry.collected(name, help, type, [], () => {
      const value = read();
      return value === undefined ? [] : [{ labels: [], value }];
    });
  };
  const seconds = (which: 'user' | 'system') => process.cpuUsage()[which] / 1e6;
  one('counter', 'process_cpu_user_seconds_total', 'Total user CPU time spent in seconds.', () =>
    seconds('user'),
  );
  one(
    'counter',
    'process_cpu_system_seconds_total',
    'Total system CPU time spent in seconds.',
    () => seconds('system'),
  );
  one(
    'counter',
    'process_cpu_seconds_total',
    'Total user and system CPU time spent in seconds.',
    () => seconds('user') + seconds('system'),
  );
  const started = Math.round(Date.now() / 1000 - process.uptime());
  one(
    'gauge',
    'process_start_time_seconds',
    'Start time of the process since unix epoch in seconds.',
    () => started,
  );
  one('gauge', 'process_resident_memory_bytes', 'Resident memory size in bytes.', () =>
    process.memoryUsage.rss(),
  );
  const linux = process.platform === 'linux';
  if (!linux) return;
  one('gauge', 'process_virtual_memory_bytes', 'Virtual memory size in bytes.', () =>
    statusBytes('VmSize'),
  );
  one('gauge', 'process_heap_bytes', 'Process heap size in bytes.', () => statusBytes('VmData'));
  // the one that reading the folder opens is closed again
  one('gauge', 'process_open_fds', 'Number of open file descriptors.', () =>
    attempt(() => readdirSync('/proc/self/fd').length - 1),
  );
  one('gauge', 'process_max_fds', 'Maximum number of open file descriptors.', () =>
    softLimit('Max open files', Infinity),
  );
  one(
    'gauge',
    'process_virtual_memory_max_bytes',
    'Maximum amount of virtual memory available in bytes.',
    () => softLimit('Max address space', 2 ** 64),
  );
  one(
    'counter',
    'process_network_receive_bytes_total',
    'Number of bytes received by the process over the network.',
    () => networkBytes('InOctets'),
  );
  one(
    'counter',
    'process_network_transmit_bytes_total',
    'Number of bytes sent by the process over the network.',
    () => networkBytes('OutOctets'),
  );
}

function statusBytes(name: string): number | undefined {
  return attempt(() => {
    const status = readFileSync('/proc/self/status', 'utf8');
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  });
}

function softLimit(name: string, unlimited: number): number | undefined {
  return attempt(() => {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const soft = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(limits)?.[1];
    return soft === 'unlimited' ? unlimited : soft === undefined ? undefined : Number(soft);
  });
}

/** Of the network namespace, as every client of Prometheus has it: a line of names, a line of values. */
function networkBytes(name: string): number | undefined {
  return attempt(() => {
    const lines = readFileSync('/proc/self/net/netstat', 'utf8').split('\n');
    const [names = '', values = ''] = lines.filter((line) => line.startsWith('IpExt:'));
    const value = values.split(' ')[names.split(' ').indexOf(name)];
    return value === undefined ? undefined : Number(value);
  });
}

/** Where /proc is not to be read, the metric has no sample. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
