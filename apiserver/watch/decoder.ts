import type { KubeObject } from '../../object/object.ts';
import { decodeStored, encodeStored, type ProtobufDecoder } from '../storage/codec.ts';
import { parseObjectKey } from '../storage/keys.ts';
import type { KeyValue } from '../storage/store.ts';
import { type Entry, type EntryIndex, type FrameType, makeEntry } from './entry.ts';
import type { CacheLog, ResourceSpec } from './spec.ts';

/** Own writes remembered at most, in number and in bytes: what is on its way back from the store. */
const rememberedLimit = 4096;
const rememberedBytesLimit = 32 * 1024 * 1024;

interface Remembered {
  stored: Buffer;
  index: EntryIndex;
}

/** The labels an object has, and what field selectors may ask of it. */
export function indexOf(
  spec: Pick<ResourceSpec, 'apiVersion' | 'namespaced' | 'selectableFields'>,
  object: KubeObject,
  namespace: string,
  name: string,
): EntryIndex {
  const fields: Record<string, string> = { 'metadata.name': name };
  if (spec.namespaced) fields['metadata.namespace'] = namespace;
  if (spec.selectableFields !== undefined) Object.assign(fields, spec.selectableFields(object));
  // one string for all: the objects of a list are of one version, almost always
  const apiVersion = object.apiVersion === spec.apiVersion ? spec.apiVersion : object.apiVersion;
  return { apiVersion, labels: { ...object.metadata.labels }, fields };
}

/** Makes entries out of stored values: parsed once, unless this server wrote them itself. */
export class EntryDecoder {
  readonly #protobuf: ProtobufDecoder | undefined;
  readonly #log: CacheLog;
  readonly #remembered = new Map<string, Remembered>();
  #rememberedBytes = 0;

  constructor(log: CacheLog, protobuf?: ProtobufDecoder) {
    this.#log = log;
    this.#protobuf = protobuf;
  }

  /** See {@link ResourceCache.remember}. Oldest go first. */
  remember(spec: ResourceSpec, key: string, stored: Buffer, object: KubeObject): void {
    const at = parseObjectKey(spec.keyPrefix, spec.namespaced, key);
    if (at === undefined) return;
    this.#forget(key);
    this.#remembered.set(key, { stored, index: indexOf(spec, object, at.namespace, at.name) });
    this.#rememberedBytes += stored.length;
    for (const oldest of this.#remembered.keys()) {
      const few = this.#remembered.size <= rememberedLimit;
      if (few && this.#rememberedBytes <= rememberedBytesLimit) break;
      this.#forget(oldest);
    }
  }

  /** Throws when the value cannot be read or the key is none of the resource's. */
  entry(spec: ResourceSpec, item: KeyValue, frameType: FrameType): Entry {
    const { key, value, modRevision: revision } = item;
    const at = parseObjectKey(spec.keyPrefix, spec.namespaced, key);
    if (at === undefined) throw new Error('the key is not one of this resource');
    const place = { key, namespace: at.namespace, name: at.name, revision };
    const own = this.#remembered.get(key);
    if (own?.stored.equals(value)) {
      this.#forget(key);
      return makeEntry(place, own.stored, own.index, frameType);
    }
    let { object, stored } = decodeStored(value, this.#protobuf, spec.byName);
    const changed = spec.decode?.(object);
    if (changed !== undefined) {
      object = changed;
      stored = encodeStored(changed, spec.byName);
    }
    return makeEntry(place, stored, indexOf(spec, object, at.namespace, at.name), frameType);
  }

  /** What was remembered of a resource that is read in another way from now on. */
  forgetAll(keyPrefix: string): void {
    for (const key of [...this.#remembered.keys()])
      if (key.startsWith(keyPrefix)) this.#forget(key);
  }

  report(key: string, error: unknown): void {
    this.#log.error({ key, error }, 'a stored object cannot be read and is left out');
  }

  #forget(key: string): void {
    const own = this.#remembered.get(key);
    if (own === undefined) return;
    this.#remembered.delete(key);
    this.#rememberedBytes -= own.stored.length;
  }
}
