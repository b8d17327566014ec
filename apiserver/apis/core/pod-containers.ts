import type { Plain } from '../plain.ts';

export interface ContainerAt {
  container: Plain;
  /** `spec.initContainers[0]`. */
  path: string;
}

/** Every container of a pod, in upstream's order (podutil VisitContainers): init, regular, ephemeral. */
export function* eachContainer(spec: Plain, path: string): Generator<ContainerAt> {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      yield { container, path: `${path}.${list}[${i}]` };
    }
  }
}

export function isSidecar(container: Plain): boolean {
  return container.restartPolicy === 'Always';
}
