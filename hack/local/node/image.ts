/**
 * What an image stands for on a machine without container engine. Every image has the same root: the
 * machine's own programs, this checkout at /quorate, and the Node that runs it. The name decides
 * whether we can stand in for it at all, and what runs when the pod names no command.
 */
export interface ImageConfig {
  workingDir: string;
  entrypoint: string[];
  command: string[];
}

/** The last part of the repository: `registry.k8s.io/etcd:3.5.1@sha256:…` gives `etcd`. */
export function imageName(image: string): string {
  const path = image.replace(/@[a-z0-9]+:[a-f0-9]+$/, '');
  const last = path.slice(path.lastIndexOf('/') + 1);
  return last.replace(/:[^:]*$/, '');
}

const shell: ImageConfig = { workingDir: '/', entrypoint: [], command: ['sh'] };

const table: Record<string, ImageConfig> = {
  quorate: { workingDir: '/quorate', entrypoint: ['node'], command: [] },
  etcd: { workingDir: '/', entrypoint: [], command: ['etcd'] },
  node: { workingDir: '/', entrypoint: [], command: ['node'] },
  busybox: shell,
  alpine: shell,
  debian: { ...shell, command: ['bash'] },
  ubuntu: { ...shell, command: ['bash'] },
  pause: { workingDir: '/', entrypoint: ['sleep', 'infinity'], command: [] },
};

/** Undefined: nothing here can stand in for it (ErrImagePull, with {@link unknownImage}). */
export function imageConfig(image: string): ImageConfig | undefined {
  const name = imageName(image);
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

export function unknownImage(image: string): string {
  const known = Object.keys(table).join(', ');
  return `the local mode runs processes of this machine and cannot pull ${image}; it stands in for: ${known}`;
}

/** Kubernetes' rule: `command` replaces the entrypoint and drops the image's own arguments. */
export function commandLine(
  config: ImageConfig,
  command: readonly string[],
  args: readonly string[],
): string[] {
  if (command.length > 0) return [...command, ...args];
  return [...config.entrypoint, ...(args.length > 0 ? args : config.command)];
}
