import type { Plain } from '../plain.ts';

export interface ContainerAt {
  container: Plain;
  /** `spec.initContainers[0]`. */
  path: string;
}

/** Every container of a pod, in upstream's order (podutil VisitContainers): init, regular, ephemeral. */
export function eachContainer(spec: Plain, path: string): ContainerAt[] {
  const all: ContainerAt[] = [];
  for (const list of lists) {
    const containers: Plain[] = spec[list] ?? [];
    for (let i = 0; i < containers.length; i++) {
      all.push({ container: containers[i] as Plain, path: `${path}.${list}[${i}]` });
    }
  }
  return all;
}

const lists = ['initContainers', 'containers', 'ephemeralContainers'];

export function isSidecar(container: Plain): boolean {
  return container.restartPolicy === 'Always';
}
