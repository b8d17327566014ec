import { randomUUID } from 'node:crypto';
import { applyMergePatch } from '../object/merge-patch.ts';
import { type KubeObject, timestamp } from '../object/object.ts';
import {
  alreadyExists,
  conflict,
  expired,
  notFound,
  objectModified,
} from '../object/status-error.ts';
import type { Cluster, DeleteQuery, ListQuery, ResourceRef, WatchEvent } from './cluster.ts';
import { keyFor, keyOf } from './store.ts';

/**
 * A cluster of plain objects for scenario tests: names, versions, generations, conflicts, finalizers,
 * preconditions and watches behave as an API server's; nothing is defaulted, admitted or validated.
 */
export interface MemoryCluster extends Cluster {
  /** Everything of a resource, in order of creation. */
  all(ref: ResourceRef): KubeObject[];
  /** Every call that changed something: `create pods default/x`. */
  calls: string[];
  /** Forget history: open watches end with 410. */
  compact(): void;
  /** Throw to refuse a call. */
  intercept?: (verb: string, ref: ResourceRef, key: string) => void;
}

interface Watcher {
  table: string;
  query: ListQuery;
  send(event: WatchEvent): void;
  fail(error: Error): void;
}

const clone = <T>(value: T): T => structuredClone(value);

export function createMemoryCluster(now: () => Date = () => new Date()): MemoryCluster {
  const tables = new Map<string, Map<string, KubeObject>>();
  const log: { table: string; version: number; event: WatchEvent }[] = [];
  const watchers = new Set<Watcher>();
  const calls: string[] = [];
  let version = 0;
  let compacted = 0;

  const tableName = (ref: ResourceRef) => `${ref.group}/${ref.resource}`;
  const tableOf = (ref: ResourceRef) => {
    const name = tableName(ref);
    const table = tables.get(name) ?? new Map<string, KubeObject>();
    tables.set(name, table);
    return table;
  };
  const check = (verb: string, ref: ResourceRef, key: string) => {
    cluster.intercept?.(verb, ref, key);
    calls.push(`${verb} ${ref.resource} ${key}`);
  };

  function emit(ref: ResourceRef, type: WatchEvent['type'], object: KubeObject): void {
    const event = { type, object };
    log.push({ table: tableName(ref), version, event });
    for (const watcher of watchers) if (watcher.table === tableName(ref)) watcher.send(event);
  }

  function put(ref: ResourceRef, next: KubeObject, before?: KubeObject): KubeObject {
    next.metadata.resourceVersion = String(++version);
    const table = tableOf(ref);
    const key = keyOf(next);
    const ended =
      next.metadata.deletionTimestamp != null && (next.metadata.finalizers ?? []).length === 0;
    if (ended) table.delete(key);
    else table.set(key, next);
    emit(ref, ended ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED', clone(next));
    return clone(next);
  }

  function stored(ref: ResourceRef, namespace: string | undefined, name: string): KubeObject {
    const found = tableOf(ref).get(keyFor(ref.namespaced ? namespace : '', name));
    if (found === undefined) throw notFound(ref, name);
    return found;
  }

  function replace(ref: ResourceRef, object: KubeObject, subresource?: string): KubeObject {
    const { namespace, name = '' } = object.metadata;
    const before = stored(ref, namespace, name);
    const asked = object.metadata.resourceVersion;
    if (asked !== undefined && asked !== before.metadata.resourceVersion) {
      throw conflict(ref, name, objectModified);
    }
    const next = clone(subresource === undefined ? object : before);
    if (subresource === 'finalize') next.spec = clone(object.spec);
    else if (subresource !== undefined) {
      next.status = clone(object.status);
      // as API servers do for most kinds
      const { annotations } = object.metadata;
      if (annotations !== undefined) next.metadata.annotations = clone(annotations);
    } else if (before.status !== undefined) next.status = clone(before.status);
    const { uid, creationTimestamp, deletionTimestamp, generation } = before.metadata;
    Object.assign(next.metadata, { uid, creationTimestamp, generation });
    if (deletionTimestamp != null) next.metadata.deletionTimestamp = deletionTimestamp;
    if (JSON.stringify(next.spec) !== JSON.stringify(before.spec)) {
      next.metadata.generation = (generation ?? 0) + 1;
    }
    if (subresource === 'finalize' && (next.spec?.finalizers ?? []).length === 0) {
      next.metadata.finalizers = next.metadata.finalizers ?? [];
    }
    return put(ref, next, before);
  }

  function remove(ref: ResourceRef, key: string, query: DeleteQuery): boolean {
    const before = tableOf(ref).get(key);
    if (before === undefined) return false;
    const { uid, resourceVersion } = before.metadata;
    if (query.uid !== undefined && query.uid !== uid) throw conflict(ref, key, 'uid mismatch');
    if (query.resourceVersion !== undefined && query.resourceVersion !== resourceVersion) {
      throw conflict(ref, key, objectModified);
    }
    const next = clone(before);
    const finalizer = { Foreground: 'foregroundDeletion', Orphan: 'orphan', Background: '' }[
      query.propagationPolicy ?? 'Background'
    ];
    if (finalizer !== '') {
      next.metadata.finalizers = [...(next.metadata.finalizers ?? []), finalizer];
    }
    next.metadata.deletionTimestamp ??= timestamp(now());
    put(ref, next, before);
    return true;
  }

  const cluster: MemoryCluster = {
    calls,
    all: (ref) => [...tableOf(ref).values()].map(clone),
    compact() {
      compacted = version;
      log.length = 0;
      for (const watcher of watchers) watcher.fail(expired('too old resource version'));
    },
    async get(ref, namespace, name) {
      return clone(tableOf(ref).get(keyFor(ref.namespaced ? namespace : '', name)));
    },
    async list(ref, query = {}) {
      const items = [...tableOf(ref).values()].filter((o) => selected(o, query)).map(clone);
      return { items, resourceVersion: String(version) };
    },
    watch(ref, query, onEvent, signal) {
      return new Promise((resolve, reject) => {
        const from = Number(query.resourceVersion);
        if (signal.aborted) resolve();
        if (from < compacted) {
          reject(expired('too old resource version'));
          return;
        }
        const watcher: Watcher = {
          table: tableName(ref),
          query,
          send: (event) => {
            const object = clone(event.object);
            if (selected(object, query)) setImmediate(() => onEvent({ ...event, object }));
          },
          fail: (error) => {
            watchers.delete(watcher);
            reject(error);
          },
        };
        watchers.add(watcher);
        for (const entry of log) {
          if (entry.table === watcher.table && entry.version > from) watcher.send(entry.event);
        }
        signal.addEventListener('abort', () => {
          watchers.delete(watcher);
          resolve();
        });
      });
    },
    async create(ref, object, subresource) {
      const next = clone(object);
      const { namespace, name, generateName } = next.metadata;
      if (subresource !== undefined) {
        check(`create/${subresource}`, ref, keyOf(next));
        if (subresource !== 'binding') return next;
        const pod = clone(stored(ref, namespace, name ?? ''));
        pod.spec.nodeName = next.target.name;
        return put(ref, pod, pod);
      }
      next.metadata.name = name ?? `${generateName}${randomUUID().slice(0, 5)}`;
      const key = keyOf(next);
      check('create', ref, key);
      if (tableOf(ref).has(key)) throw alreadyExists(ref, next.metadata.name);
      next.metadata.uid = randomUUID();
      next.metadata.creationTimestamp = timestamp(now());
      next.metadata.generation = 1;
      return put(ref, next);
    },
    async update(ref, object, subresource) {
      check(subresource === undefined ? 'update' : `update/${subresource}`, ref, keyOf(object));
      return replace(ref, object, subresource);
    },
    async patch(ref, { namespace, name, subresource }, type, body) {
      check('patch', ref, keyFor(ref.namespaced ? namespace : '', name));
      if (type === 'json') throw new Error('no JSON patch in a memory cluster');
      const merged = applyMergePatch(clone(stored(ref, namespace, name)), body);
      return replace(ref, merged, subresource);
    },
    async apply(ref, object, { subresource }) {
      check('apply', ref, keyOf(object));
      const before = tableOf(ref).get(keyOf(object));
      if (before !== undefined) {
        return replace(ref, applyMergePatch(clone(before), object), subresource);
      }
      return cluster.create(ref, object);
    },
    async delete(ref, namespace, name, query = {}) {
      const key = keyFor(ref.namespaced ? namespace : '', name);
      check('delete', ref, key);
      return remove(ref, key, query);
    },
    async deleteCollection(ref, namespace, query = {}) {
      check('deletecollection', ref, namespace);
      for (const [key, object] of [...tableOf(ref)]) {
        if (selected(object, { ...query, namespace })) remove(ref, key, query);
      }
    },
    async raw() {
      return 'ok';
    },
    close() {},
  };
  return cluster;
}

function selected(object: KubeObject, query: ListQuery): boolean {
  const { namespace, labelSelector } = query;
  if (namespace !== undefined && namespace !== '' && object.metadata.namespace !== namespace) {
    return false;
  }
  return (labelSelector ?? '')
    .split(',')
    .filter((part) => part !== '')
    .every((part) => {
      const [label = '', value] = part.split('=');
      const held = object.metadata.labels?.[label];
      return value === undefined ? held !== undefined : held === value;
    });
}
