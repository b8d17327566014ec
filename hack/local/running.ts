import { readFileSync } from 'node:fs';

/** Whether this process is a supervisor of ours: a number alone may have been given to another. */
export function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('local/supervisor.ts');
  } catch {
    return false;
  }
}
