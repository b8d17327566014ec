import { orderedByName, orderedText } from '../../object/json-by-name.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Entry, FrameType } from './entry.ts';
import type { ResourceSpec } from './spec.ts';
import type { CachedObject } from './view.ts';

/**
 * Another form of the same events: Table, PartialObjectMetadata, protobuf, another version. Made
 * once per event and type, shared by every watcher with the same `id`.
 */
export interface Representation {
  /** Equal ids mean equal bytes: `Table;v1;includeObject=Metadata`. */
  readonly id: string;
  frame(type: FrameType, object: CachedObject): Buffer;
  /** A BOOKMARK; with `initialEventsEnd` its object carries `k8s.io/initial-events-end: "true"`. */
  bookmark(revision: number, initialEventsEnd: boolean): Buffer;
}

type BookmarkSpec = Pick<ResourceSpec, 'kind' | 'apiVersion' | 'byName' | 'emptyFields'>;

/** Newline-delimited JSON of the cached version itself: no work per frame. */
export class JsonRepresentation implements Representation {
  readonly id = 'json';
  readonly #spec: BookmarkSpec;

  constructor(spec: BookmarkSpec) {
    this.#spec = spec;
  }

  frame(type: FrameType, object: CachedObject): Buffer {
    return (object as Entry).frame(type);
  }

  bookmark(revision: number, initialEventsEnd: boolean): Buffer {
    const { kind, apiVersion, byName, emptyFields } = this.#spec;
    const object = bookmarkObject({ kind, apiVersion }, revision, initialEventsEnd);
    const shown = byName === true ? orderedByName(object) : { ...object, ...emptyFields?.() };
    return Buffer.from(`${orderedText({ type: 'BOOKMARK', object: shown })}\n`);
  }
}

/** A bookmark is an object of its kind in which little is set. */
export function bookmarkObject(
  type: { kind: string; apiVersion: string },
  revision: number,
  initialEventsEnd: boolean,
): KubeObject {
  return {
    ...type,
    metadata: {
      resourceVersion: String(revision),
      ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  };
}

/** One change of one object, with every frame that was asked for so far. */
export class CacheEvent {
  readonly revision: number;
  /** The new state; for a delete the last state at the delete's revision. */
  readonly object: Entry;
  readonly previous: Entry | undefined;
  readonly deleted: boolean;
  /** Milliseconds (monotonic) when it arrived. */
  readonly arrivedAt: number;
  #gone: Entry | undefined;
  #frames: Map<string, Buffer> | undefined;

  constructor(object: Entry, previous: Entry | undefined, deleted: boolean, arrivedAt: number) {
    this.object = object;
    this.previous = previous;
    this.deleted = deleted;
    this.revision = object.revision;
    this.arrivedAt = arrivedAt;
  }

  /** What a watcher without selectors sees. */
  get type(): FrameType {
    if (this.deleted) return 'DELETED';
    return this.previous === undefined ? 'ADDED' : 'MODIFIED';
  }

  /** Memory it keeps alive, in bytes (frames of other representations not counted). */
  get size(): number {
    return this.object.size + (this.previous?.size ?? 0);
  }

  /**
   * The frame under a type and representation. DELETED of an object that only left a selector shows
   * the previous state at this event's revision, as upstream.
   */
  frame(type: FrameType, representation: Representation): Buffer {
    const natural = type === this.type;
    if (natural && representation.id === 'json') return this.object.frame(type);
    this.#frames ??= new Map();
    const id = `${type} ${representation.id}`;
    let frame = this.#frames.get(id);
    if (frame === undefined) {
      frame = representation.frame(type, this.#objectFor(type));
      this.#frames.set(id, frame);
    }
    return frame;
  }

  #objectFor(type: FrameType): Entry {
    if (type !== 'DELETED' || this.deleted || this.previous === undefined) return this.object;
    this.#gone ??= this.previous.atRevision(this.revision, 'DELETED');
    return this.#gone;
  }
}
