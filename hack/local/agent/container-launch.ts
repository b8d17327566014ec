import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ContainerSpec, containerEnvironment, expand } from '../node/environment.ts';
import { commandLine, imageConfig, unknownImage } from '../node/image.ts';
import { type ContainerRun, startContainer } from './container.ts';
import type { ContainerContext } from './container-runner.ts';
import { checkHooks } from './hook.ts';
import type { LogFile } from './log-file.ts';
import { containerPath, hostnameOf, makeRoot } from './root.ts';

/**
 * As in the Containerfile. What is compiled is shared by this checkout's programs; `portable`, because they
 * see it at two places.
 */
const imageEnvironment = {
  NODE_COMPILE_CACHE: '/quorate/.cache/node',
  NODE_COMPILE_CACHE_PORTABLE: '1',
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
};

interface VolumeMount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
  subPath?: string;
  subPathExpr?: string;
}

/** Starts one run of a container. Throws, in the kubelet's words, when its spec cannot be met. */
export async function launchContainer(
  spec: ContainerSpec,
  context: ContainerContext,
  log: LogFile,
): Promise<ContainerRun> {
  const image = imageConfig(spec.image);
  if (image === undefined) throw new Error(unknownImage(spec.image));
  checkHooks(spec);
  const hostname = hostnameOf(context.pod());
  const environment = containerEnvironment(spec, context.sources(), {
    PATH: containerPath,
    HOSTNAME: hostname,
    HOME: '/root',
    ...imageEnvironment,
  });
  const words = commandLine(image, spec.command ?? [], spec.args ?? []);
  // What was mounted on it went with the last run's namespace.
  const folder = join(context.folder, 'roots', spec.name);
  const script = makeRoot({
    folder,
    etc: join(context.folder, 'etc'),
    checkout: context.checkout,
    node: process.execPath,
    mounts: mountsOf(spec, context.mounts, environment),
    workingDir: spec.workingDir || image.workingDir,
    hostname,
    command: words.map((word) => expand(word, environment)),
  });
  const stdin = spec['stdin'] === true;
  return startContainer({ netns: context.netns, root: folder, script, environment, log, stdin });
}

/** Sorted, so that a mount below another one comes after it. */
export function mountsOf(
  spec: ContainerSpec,
  folders: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string>>,
): { source: string; target: string; readOnly: boolean }[] {
  const mounts = (spec['volumeMounts'] ?? []) as VolumeMount[];
  return mounts
    .map(({ name, mountPath, readOnly = false, subPath, subPathExpr }) => {
      const folder = folders.get(name);
      if (folder === undefined) throw new Error(`volume ${name} is not mounted`);
      const inside = subPathExpr === undefined ? (subPath ?? '') : expand(subPathExpr, environment);
      if (inside.startsWith('/')) {
        throw new Error(`error SubPath \`${inside}\` must not be an absolute path`);
      }
      if (inside.split('/').includes('..')) throw new Error(`subPath ${inside} leads out`);
      const source = join(folder, inside);
      if (!existsSync(source)) mkdirSync(source, { recursive: true });
      return { source, target: mountPath, readOnly };
    })
    .sort((a, b) => (a.target < b.target ? -1 : 1));
}
