import { parseJson } from '../../object/json.ts';
import type { KubeObject } from '../../object/object.ts';
import { type Served, spliceServed } from '../storage/codec.ts';
import type { CachedObject } from './view.ts';

export type FrameType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** Around the object in a frame: `{"type":"ADDED","object":` … `}\n`. */
export const framePrefix: Readonly<Record<FrameType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};
export const frameSuffix: Buffer = Buffer.from('}\n');

export interface EntryIndex {
  /** The version the object is stored in. */
  readonly apiVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * One version of one object. Its only copy of the JSON is the watch frame of its natural event, made
 * when it was first seen: `bytes` is the middle of that frame. The parsed object is derived on
 * demand and held weakly, so memory is bounded by the garbage collector, not by use.
 */
export class Entry implements CachedObject {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly apiVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  readonly #served: Served;
  readonly #frameType: FrameType;
  #parsed: WeakRef<KubeObject> | undefined;

  constructor(
    at: { key: string; namespace: string; name: string; revision: number },
    index: EntryIndex,
    frameType: FrameType,
    served: Served,
  ) {
    this.key = at.key;
    this.namespace = at.namespace;
    this.name = at.name;
    this.revision = at.revision;
    this.apiVersion = index.apiVersion;
    this.labels = index.labels;
    this.fields = index.fields;
    this.#served = served;
    this.#frameType = frameType;
    this.bytes = served.frame.subarray(served.start, served.end);
  }

  /** Bytes of memory outside the JavaScript heap. */
  get size(): number {
    return this.#served.frame.length;
  }

  object(): KubeObject {
    const held = this.#parsed?.deref();
    if (held !== undefined) return held;
    const object = parseJson(this.bytes.toString('utf8')) as KubeObject;
    this.#parsed = new WeakRef(object);
    return object;
  }

  /** The frame as buffers to write in order: one for the natural type, else three without a copy. */
  parts(type: FrameType): Buffer[] {
    if (type === this.#frameType) return [this.#served.frame];
    return [framePrefix[type], this.bytes, frameSuffix];
  }

  /** The frame in one buffer; copies when it is not the natural one. */
  frame(type: FrameType): Buffer {
    if (type === this.#frameType) return this.#served.frame;
    return Buffer.concat([framePrefix[type], this.bytes, frameSuffix]);
  }

  /** The same state under another revision: what a DELETED event carries (the delete's revision). */
  atRevision(revision: number, frameType: FrameType): Entry {
    const { frame, digits, digitCount, start, end } = this.#served;
    const prefix = framePrefix[frameType];
    const number = String(revision);
    const head = digits - start;
    const size = prefix.length + (end - start) - digitCount + number.length + frameSuffix.length;
    const made = Buffer.allocUnsafeSlow(size);
    prefix.copy(made, 0);
    frame.copy(made, prefix.length, start, digits);
    made.write(number, prefix.length + head, 'latin1');
    frame.copy(made, prefix.length + head + number.length, digits + digitCount, end);
    frameSuffix.copy(made, size - frameSuffix.length);
    return new Entry(
      { key: this.key, namespace: this.namespace, name: this.name, revision },
      this,
      frameType,
      {
        frame: made,
        start: prefix.length,
        end: size - frameSuffix.length,
        digits: prefix.length + head,
        digitCount: number.length,
      },
    );
  }
}

/** An entry out of canonical stored bytes and what is already known of the object. */
export function makeEntry(
  at: { key: string; namespace: string; name: string; revision: number },
  stored: Buffer,
  index: EntryIndex,
  frameType: FrameType,
): Entry {
  const served = spliceServed(stored, at.revision, framePrefix[frameType], frameSuffix);
  return new Entry(at, index, frameType, served);
}
