import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../../object/object.ts';
import { expand } from './environment.ts';
import { isProjected, type ProjectionSources, projectVolume } from './projection.ts';
import type { Mount } from './root.ts';
import { writeVolume } from './volume-content.ts';

/** A pod's volumes as folders of this machine. */
export interface VolumeContext extends ProjectionSources {
  /** The pod's own folder. */
  folder: string;
  claim(name: string): KubeObject | undefined;
  persistentVolume(name: string): KubeObject | undefined;
}

type Volume = Record<string, unknown> & { name: string };

export interface VolumeMount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
  subPath?: string;
  subPathExpr?: string;
}

/** Why pods wait: its message goes into the FailedMount event. */
export class VolumeNotReady extends Error {}

/** Folder (or file) of each volume by name, made and filled. Throws {@link VolumeNotReady}. */
export async function prepareVolumes(context: VolumeContext): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  for (const volume of (context.pod.spec?.volumes ?? []) as Volume[]) {
    try {
      folders.set(volume.name, await prepareVolume(volume, context));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new VolumeNotReady(`MountVolume.SetUp failed for volume "${volume.name}" : ${why}`);
    }
  }
  return folders;
}

/** Writes again what is made of API objects. Errors leave the old content, as the kubelet does. */
export async function refreshVolumes(context: VolumeContext): Promise<void> {
  for (const volume of (context.pod.spec?.volumes ?? []) as Volume[]) {
    if (isProjected(volume)) await prepareVolume(volume, context);
  }
}

async function prepareVolume(volume: Volume, context: VolumeContext): Promise<string> {
  const folder = join(context.folder, 'volumes', volume.name);
  if (isProjected(volume)) {
    writeVolume(folder, await projectVolume(volume, context));
    return folder;
  }
  if (volume.emptyDir != null) {
    mkdirSync(folder, { recursive: true });
    return folder;
  }
  if (volume.hostPath != null) {
    return hostFolder(volume.hostPath as { path: string; type?: string });
  }
  if (volume.persistentVolumeClaim != null) {
    const { claimName } = volume.persistentVolumeClaim as { claimName: string };
    return claimFolder(claimName, context);
  }
  const type = Object.keys(volume).filter((key) => key !== 'name');
  throw new Error(`volume type ${type.join(', ')} is not supported by the local mode`);
}

function hostFolder({ path, type = '' }: { path: string; type?: string }): string {
  if (type === 'DirectoryOrCreate') mkdirSync(path, { recursive: true });
  else if (type === 'FileOrCreate' && !existsSync(path)) writeFileSync(path, '');
  else if (!existsSync(path)) throw new Error(`hostPath type check failed: ${path} does not exist`);
  return path;
}

function claimFolder(name: string, { claim, persistentVolume }: VolumeContext): string {
  const object = claim(name);
  if (object === undefined) throw new Error(`persistentvolumeclaim "${name}" not found`);
  const volumeName: string = object.spec?.volumeName ?? '';
  if (volumeName === '' || object.status?.phase !== 'Bound') {
    throw new Error(`persistentvolumeclaim "${name}" is not bound`);
  }
  const spec = persistentVolume(volumeName)?.spec;
  const path: string | undefined = spec?.hostPath?.path ?? spec?.local?.path;
  if (path === undefined) throw new Error(`volume ${volumeName} has no folder of this machine`);
  mkdirSync(path, { recursive: true });
  return path;
}

/** A container's mounts, from its volumeMounts and the folders of the pod's volumes. */
export function containerMounts(
  mounts: readonly VolumeMount[],
  folders: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string>>,
): Mount[] {
  return mounts.map(({ name, mountPath, readOnly = false, subPath, subPathExpr }) => {
    const folder = folders.get(name);
    if (folder === undefined) throw new Error(`no volume ${name} for the mount at ${mountPath}`);
    const inside = subPathExpr === undefined ? (subPath ?? '') : expand(subPathExpr, environment);
    if (inside.split('/').includes('..')) throw new Error(`subPath ${inside} leads out`);
    const source = inside === '' ? folder : join(folder, inside);
    if (!existsSync(source)) mkdirSync(source, { recursive: true });
    return { source, target: mountPath.replace(/(.)\/+$/, '$1'), readOnly };
  });
}
