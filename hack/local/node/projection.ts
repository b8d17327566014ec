import type { KubeObject } from '../../../object/object.ts';
import { podField } from './environment.ts';
import type { VolumeFiles } from './volume-content.ts';

/** secret, configMap, downwardAPI and projected volumes to files. Throws in the kubelet's words. */
export interface ProjectionSources {
  pod: KubeObject;
  podIP: string;
  hostIP: string;
  secret(name: string): KubeObject | undefined;
  configMap(name: string): KubeObject | undefined;
  /** A token of the pod's service account for this audience, good for at least a while. */
  token(audience: string | undefined, expirationSeconds: number): Promise<string>;
}

interface KeyToPath {
  key: string;
  path: string;
  mode?: number;
}
interface ObjectSource {
  name?: string;
  secretName?: string;
  items?: KeyToPath[];
  optional?: boolean;
  defaultMode?: number;
}
interface DownwardItem {
  path: string;
  mode?: number;
  fieldRef?: { fieldPath: string };
}
interface Source {
  secret?: ObjectSource;
  configMap?: ObjectSource;
  downwardAPI?: { items?: DownwardItem[]; defaultMode?: number };
  serviceAccountToken?: { audience?: string; expirationSeconds?: number; path: string };
  [other: string]: unknown;
}

const defaultMode = 0o644;

/** Volume types whose content is projected; the others are folders (volumes.ts). */
export function isProjected(volume: Record<string, unknown>): boolean {
  return ['secret', 'configMap', 'downwardAPI', 'projected'].some((key) => volume[key] != null);
}

export async function projectVolume(
  volume: Record<string, unknown>,
  sources: ProjectionSources,
): Promise<VolumeFiles> {
  const files: VolumeFiles = new Map();
  const projected = volume.projected as { sources?: Source[]; defaultMode?: number } | undefined;
  if (projected === undefined) {
    const single = volume as Source;
    const mode = (single.secret ?? single.configMap ?? single.downwardAPI)?.defaultMode;
    await addSource(single, sources, mode ?? defaultMode, files);
    return files;
  }
  for (const source of projected.sources ?? []) {
    await addSource(source, sources, projected.defaultMode ?? defaultMode, files);
  }
  return files;
}

/** Names of the objects that a volume shows, so that a change of one wakes only those who care. */
export function projectedObjects(volume: Record<string, unknown>): string[] {
  const projected = volume.projected as { sources?: Source[] } | undefined;
  return (projected?.sources ?? [volume as Source]).flatMap(({ secret, configMap }) => [
    ...(secret == null ? [] : [`secret/${nameOf(secret)}`]),
    ...(configMap == null ? [] : [`configmap/${nameOf(configMap)}`]),
  ]);
}

async function addSource(
  source: Source,
  sources: ProjectionSources,
  mode: number,
  files: VolumeFiles,
): Promise<void> {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source;
  if (secret != null) addObject('secret', secret, sources.secret(nameOf(secret)), mode, files);
  else if (configMap != null) {
    addObject('configmap', configMap, sources.configMap(nameOf(configMap)), mode, files);
  } else if (downwardAPI != null) {
    for (const item of downwardAPI.items ?? []) {
      if (item.fieldRef === undefined) throw new Error('resourceFieldRef is not supported');
      const content = Buffer.from(podField(item.fieldRef.fieldPath, sources));
      files.set(item.path, { content, mode: item.mode ?? mode });
    }
  } else if (serviceAccountToken != null) {
    const { audience, expirationSeconds = 3600, path } = serviceAccountToken;
    const token = await sources.token(audience, expirationSeconds);
    files.set(path, { content: Buffer.from(token), mode });
  } else {
    throw new Error(`projected ${Object.keys(source).join(', ')} is not supported`);
  }
}

const nameOf = (source: ObjectSource) => source.secretName ?? source.name ?? '';

function addObject(
  kind: string,
  source: ObjectSource,
  object: KubeObject | undefined,
  mode: number,
  files: VolumeFiles,
): void {
  const { items, optional = false } = source;
  if (object === undefined) {
    if (!optional) throw new Error(`${kind} "${nameOf(source)}" not found`);
    return;
  }
  const contents = contentsOf(object);
  const wanted: KeyToPath[] = items ?? [...contents.keys()].map((key) => ({ key, path: key }));
  for (const item of wanted) {
    const content = contents.get(item.key);
    if (content !== undefined) files.set(item.path, { content, mode: item.mode ?? mode });
    else if (!optional) {
      throw new Error(`references non-existent ${kind} key: ${item.key}`);
    }
  }
}

function contentsOf(object: KubeObject): Map<string, Buffer> {
  const contents = new Map<string, Buffer>();
  const secret = object.kind === 'Secret';
  for (const [key, value] of Object.entries<string>(object.data ?? {})) {
    contents.set(key, Buffer.from(value, secret ? 'base64' : 'utf8'));
  }
  for (const [key, value] of Object.entries<string>(object.binaryData ?? {})) {
    contents.set(key, Buffer.from(value, 'base64'));
  }
  return contents;
}
