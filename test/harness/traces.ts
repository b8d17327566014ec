import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** What an instance holds of this machine, to see that nothing of it is left. */

function link(pid: string, kind: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** Dead, and only not yet taken in by whoever is the machine's first process. */
function isZombie(pid: string): boolean {
  try {
    return /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

const processes = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** The process namespace of the first process below `pid` that has another than `pid` itself. */
export function processNamespace(pid: number): string {
  const own = link(String(pid), 'pid');
  let at = [String(pid)];
  while (at.length > 0) {
    at = at.flatMap((p) => readFileSync(`/proc/${p}/task/${p}/children`, 'utf8').trim().split(' '));
    at = at.filter((p) => p !== '');
    for (const p of at) {
      const found = link(p, 'pid');
      if (found !== undefined && found !== own) return found;
    }
  }
  throw new Error(`no process below ${pid} is in a process namespace of its own`);
}

export interface Traces {
  /** Of the machine and its pods, kind and number. */
  namespaces: Set<string>;
  processes: string[];
}

/** Everything that runs in this process namespace, and the other namespaces it holds. */
export function tracesIn(namespace: string): Traces {
  const found: Traces = { namespaces: new Set(), processes: [] };
  for (const pid of processes()) {
    if (link(pid, 'pid') !== namespace || isZombie(pid)) continue;
    found.processes.push(pid);
    for (const kind of ['net', 'mnt', 'ipc', 'uts']) {
      const name = link(pid, kind);
      if (name !== undefined) found.namespaces.add(name);
    }
  }
  return found;
}

/** Processes that are in one of these namespaces now. */
export function holdersOf(namespaces: ReadonlySet<string>): string[] {
  return processes().filter((pid) => {
    const held = ['net', 'mnt', 'ipc', 'uts'].map((kind) => link(pid, kind));
    return !isZombie(pid) && held.some((name) => name !== undefined && namespaces.has(name));
  });
}

/** Mounts and links of the machine outside. */
export function outside(): { mounts: string[]; links: string[] } {
  return {
    mounts: readFileSync('/proc/self/mounts', 'utf8').trim().split('\n').sort(),
    links: Object.keys(networkInterfaces()).sort(),
  };
}
