import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { KubeObject } from '../../../object/object.ts';
import { claimNameOf, type PodVolume } from '../../../object/pod-volume.ts';
import { podField } from '../node/environment.ts';
import { containerNamed, resourceField } from '../node/resource-field.ts';

/**
 * A pod's volumes as folders. Those made of API objects are written the kubelet's way: files in a
 * folder with a name of its own, `..data` a symlink to it that is swapped in one step, so that
 * readers see the old contents or the new, never a mixture.
 */
export interface VolumeSources {
  pod: KubeObject;
  podIP: string;
  hostIP: string;
  /** What the node has. */
  allocatable: Readonly<Record<string, string>>;
  secret(name: string): KubeObject | undefined;
  configMap(name: string): KubeObject | undefined;
  /** Folder of a claim that is bound. Undefined while it is not. */
  claimFolder(name: string): string | undefined;
  token(source: TokenSource): Promise<string>;
}

export interface TokenSource {
  audience?: string;
  expirationSeconds?: number;
}

interface FileContent {
  bytes: Buffer;
  mode: number;
}

interface KeyToPath {
  key: string;
  path: string;
  mode?: number;
}

// oxlint-disable-next-line no-explicit-any -- the API server has checked the volume's shape
type Volume = Record<string, any>;

/** Volumes whose contents follow API objects. */
export function isProjected(volume: Volume): boolean {
  return ['secret', 'configMap', 'projected', 'downwardAPI'].some(
    (kind) => volume[kind] !== undefined,
  );
}

/** The folder of a volume, its contents written. Throws with what is missing. */
export async function prepareVolume(
  volume: Volume,
  folder: string,
  sources: VolumeSources,
): Promise<string> {
  const name = claimNameOf(sources.pod, volume as PodVolume);
  if (name !== undefined) {
    const claim = sources.claimFolder(name);
    if (claim === undefined) throw new Error(`persistentvolumeclaim "${name}" is not bound yet`);
    mkdirSync(claim, { recursive: true });
    return claim;
  }
  if (volume['hostPath'] !== undefined) {
    const path: string = volume['hostPath'].path;
    if (!existsSync(path)) {
      if (volume['hostPath'].type !== 'DirectoryOrCreate')
        throw new Error(`hostPath ${path} does not exist`);
      mkdirSync(path, { recursive: true });
    }
    return path;
  }
  mkdirSync(folder, { recursive: true });
  if (volume['emptyDir'] !== undefined) {
    // anybody in the pod may write there, as the kubelet has it
    chmodSync(folder, 0o777);
    return folder;
  }
  if (!isProjected(volume)) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'none';
    throw new Error(`volume ${volume['name']}: ${kind} is not supported by the local mode`);
  }
  writeAtomically(folder, await contentsOf(volume, sources));
  return folder;
}

async function contentsOf(
  volume: Volume,
  sources: VolumeSources,
): Promise<Map<string, FileContent>> {
  const files = new Map<string, FileContent>();
  if (volume['projected'] === undefined) {
    await addSource(files, volume, defaultMode(volume), sources);
    return files;
  }
  const mode: number = volume['projected'].defaultMode ?? 0o644;
  for (const source of volume['projected'].sources ?? [])
    await addSource(files, source, mode, sources);
  return files;
}

function defaultMode(volume: Volume): number {
  const source = volume['secret'] ?? volume['configMap'] ?? volume['downwardAPI'];
  return source?.defaultMode ?? 0o644;
}

async function addSource(
  files: Map<string, FileContent>,
  source: Volume,
  mode: number,
  sources: VolumeSources,
): Promise<void> {
  if (source['secret'] !== undefined) {
    const name: string = source['secret'].secretName ?? source['secret'].name;
    addKeys(files, {
      what: 'secret',
      name,
      from: source['secret'],
      object: sources.secret(name),
      mode,
    });
  }
  if (source['configMap'] !== undefined) {
    const { name } = source['configMap'];
    addKeys(files, {
      what: 'configmap',
      name,
      from: source['configMap'],
      object: sources.configMap(name),
      mode,
    });
  }
  for (const item of source['downwardAPI']?.items ?? []) {
    const text = textOf(item, sources);
    files.set(item.path, { bytes: Buffer.from(text), mode: item.mode ?? mode });
  }
  if (source['serviceAccountToken'] !== undefined) {
    const token = await sources.token(source['serviceAccountToken']);
    files.set(source['serviceAccountToken'].path, { bytes: Buffer.from(token), mode });
  }
}

function textOf({ fieldRef, resourceFieldRef: ref }: Volume, sources: VolumeSources): string {
  if (ref === undefined) return podField(fieldRef?.fieldPath ?? '', sources);
  const container = containerNamed(sources.pod['spec'] ?? {}, ref.containerName ?? '');
  return resourceField(container, ref, sources.allocatable);
}

function addKeys(
  files: Map<string, FileContent>,
  of: { what: string; name: string; from: Volume; object: KubeObject | undefined; mode: number },
): void {
  const { what, name, from, object, mode } = of;
  if (object === undefined) {
    if (from['optional'] === true) return;
    throw new Error(`${what} "${name}" not found`);
  }
  const data = dataOf(object);
  const items: KeyToPath[] = from['items'] ?? [...data.keys()].map((key) => ({ key, path: key }));
  for (const item of items) {
    const bytes = data.get(item.key);
    if (bytes === undefined) {
      if (from['optional'] === true) continue;
      throw new Error(`references non-existent ${what} key: ${item.key}`);
    }
    files.set(item.path, { bytes, mode: item.mode ?? mode });
  }
}

function dataOf(object: KubeObject): Map<string, Buffer> {
  const data = new Map<string, Buffer>();
  const encoding = object.kind === 'Secret' ? 'base64' : 'utf8';
  for (const [key, value] of Object.entries((object['data'] ?? {}) as Record<string, string>)) {
    data.set(key, Buffer.from(value, encoding));
  }
  for (const [key, value] of Object.entries(
    (object['binaryData'] ?? {}) as Record<string, string>,
  )) {
    data.set(key, Buffer.from(value, 'base64'));
  }
  return data;
}

let version = 0;

/** Nothing is written when the contents are what is there already. */
export function writeAtomically(folder: string, files: ReadonlyMap<string, FileContent>): void {
  const link = join(folder, '..data');
  const old = existsSync(link) ? readlinkSync(link) : undefined;
  if (old !== undefined && same(join(folder, old), files)) return;
  version += 1;
  const name = `..${Date.now()}.${version}`;
  const target = join(folder, name);
  mkdirSync(target);
  for (const [path, { bytes, mode }] of files) {
    const file = join(target, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    chmodSync(file, mode);
  }
  const next = join(folder, '..data_tmp');
  rmSync(next, { force: true });
  symlinkSync(name, next);
  renameSync(next, link);
  const wanted = new Set([...files.keys()].map((path) => path.split('/', 1)[0] ?? path));
  for (const top of wanted) {
    if (!existsSync(join(folder, top))) symlinkSync(join('..data', top), join(folder, top));
  }
  for (const present of readdirSync(folder)) {
    if (!present.startsWith('..') && !wanted.has(present))
      rmSync(join(folder, present), { force: true });
  }
  if (old !== undefined) rmSync(join(folder, old), { recursive: true, force: true });
}

function same(folder: string, files: ReadonlyMap<string, FileContent>): boolean {
  try {
    const present = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) =>
      f.isFile(),
    );
    if (present.length !== files.size) return false;
    return [...files].every(([path, { bytes }]) => readFileSync(join(folder, path)).equals(bytes));
  } catch {
    return false;
  }
}
