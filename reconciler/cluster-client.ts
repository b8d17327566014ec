import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../object/object.ts';
import { StatusError } from '../object/status-error.ts';
import type {
  ApplyQuery,
  Cluster,
  DeleteQuery,
  ListQuery,
  PatchType,
  ResourceRef,
  WatchEvent,
} from './cluster.ts';
import { Connection, credentialsLoader } from './connection.ts';
import type { Credentials } from './kubeconfig.ts';
import { PlainRefusal, readAll, readLines, statusError } from './response-body.ts';
import { collectionPath, deleteOptions, listParameters, objectPath } from './resource-path.ts';
import type { Reply } from './transport.ts';

/**
 * The `Cluster` of the real world. Credentials are read again every few seconds, so a rotated
 * certificate, CA or token needs no restart. A server that cannot be reached makes calls reject,
 * never the process end.
 */
export interface ConnectOptions {
  /** Path. Without it and without `inCluster`: KUBECONFIG, then the pod's service account. */
  kubeconfig?: string;
  inCluster?: boolean;
  userAgent: string;
  /** Requests a second, watches not counted; bursts of twice that. Default: unlimited. */
  qps?: number;
  /** Of one request, retries included. Default 30 s. */
  timeoutMs?: number;
}

export interface ConnectedCluster extends Cluster {
  /** What is loaded now; the namespace is that of the context or the pod. */
  credentials(): Credentials;
  /** The same server with this bearer token as identity; all such clusters share connections. */
  as(userAgent: string, token: () => Promise<string>): Cluster;
}

const pageSize = 500;
const retries = 5;
/** A watch is renewed after 5 to 10 minutes (client-go's choice), so load spreads over servers. */
const watchSeconds = () => 300 + Math.floor(Math.random() * 300);
/** Above this many bytes a response is refused. */
const bodyLimit = 512 * 1024 * 1024;

export function connectCluster(options: ConnectOptions): ConnectedCluster {
  return new ClusterClient(options, new Connection(credentialsLoader(options)));
}

const patchTypes: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

class ClusterClient implements ConnectedCluster {
  readonly #options: ConnectOptions & { token?: () => Promise<string> };
  readonly #connection: Connection;
  readonly #limiter: { tokens: number; at: number };

  constructor(options: ConnectOptions & { token?: () => Promise<string> }, connection: Connection) {
    this.#options = options;
    this.#connection = connection;
    this.#limiter = { tokens: 2 * (options.qps ?? 0), at: performance.now() };
  }

  credentials(): Credentials {
    return this.#connection.credentials;
  }

  as(userAgent: string, token: () => Promise<string>): Cluster {
    const options = { ...this.#options, userAgent, token };
    return new ClusterClient(options, this.#connection.withoutIdentity());
  }

  close(): void {
    // Who acts under another identity borrows the connection.
    if (this.#options.token === undefined) this.#connection.close();
  }

  async #headers(extra: Record<string, string>): Promise<Record<string, string>> {
    const { token, basic } = this.#connection.credentials;
    const own = this.#options.token;
    const bearer = own === undefined ? token : await own();
    return {
      accept: 'application/json',
      'user-agent': this.#options.userAgent,
      ...(bearer !== undefined
        ? { authorization: `Bearer ${bearer}` }
        : basic !== undefined && own === undefined
          ? { authorization: `Basic ${basic}` }
          : {}),
      ...extra,
    };
  }

  async #throttle(signal: AbortSignal): Promise<void> {
    const { qps } = this.#options;
    if (qps === undefined) return;
    const now = performance.now();
    const limiter = this.#limiter;
    limiter.tokens = Math.min(2 * qps, limiter.tokens + ((now - limiter.at) / 1000) * qps) - 1;
    limiter.at = now;
    if (limiter.tokens < 0) await sleep((-limiter.tokens / qps) * 1000, undefined, { signal });
  }

  /** One request, tried again while the server says when to (429, 503 with Retry-After). */
  async #send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string }> {
    const signal = AbortSignal.timeout(this.#options.timeoutMs ?? 30_000);
    await this.#throttle(signal);
    const text = body === undefined ? undefined : JSON.stringify(body);
    for (let attempt = 0; ; attempt++) {
      const reply = await this.#connection.request({
        method,
        path,
        headers: await this.#headers({
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        }),
        ...(text === undefined ? {} : { body: text }),
        signal,
      });
      const content = await readAll(reply.body, bodyLimit);
      const wait = Number(reply.headers['retry-after'] ?? Number.NaN);
      const again = reply.status === 429 || reply.status >= 500;
      if (!again || Number.isNaN(wait) || attempt >= retries) {
        return { status: reply.status, text: content };
      }
      await sleep(wait * 1000, undefined, { signal });
    }
  }

  async #object(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<KubeObject> {
    const { status, text } = await this.#send(method, path, body, headers);
    if (status >= 300) throw statusError(status, text);
    return JSON.parse(text) as KubeObject;
  }

  async get(ref: ResourceRef, namespace: string, name: string): Promise<KubeObject | undefined> {
    try {
      return await this.#object('GET', objectPath(ref, namespace, name));
    } catch (error) {
      const absent = error instanceof StatusError && error.code === 404;
      // Where nobody serves the kind, no Status comes back, and nothing is known of the object.
      if (absent && !(error instanceof PlainRefusal)) return undefined;
      throw error;
    }
  }

  async list(
    ref: ResourceRef,
    query: ListQuery = {},
  ): Promise<{ items: KubeObject[]; resourceVersion: string }> {
    const items: KubeObject[] = [];
    const headers = query.metadataOnly === true ? { accept: metadataList } : {};
    let page: Record<string, string> = { limit: String(pageSize) };
    for (;;) {
      const path = collectionPath(ref, query.namespace ?? '') + listParameters(query, page);
      let list: KubeObject;
      try {
        list = await this.#object('GET', path, undefined, headers);
      } catch (error) {
        // The snapshot the pages come from is gone: take everything in one answer.
        const gone = error instanceof StatusError && error.code === 410;
        if (!gone || page.continue === undefined) throw error;
        items.length = 0;
        page = {};
        continue;
      }
      for (const item of list.items ?? []) {
        // Items of a typed list carry neither; an object in a store should know what it is.
        item.apiVersion ??= ref.group === '' ? ref.version : `${ref.group}/${ref.version}`;
        item.kind ??= query.metadataOnly === true ? 'PartialObjectMetadata' : ref.kind;
        items.push(item as KubeObject);
      }
      const next = (list.metadata as { continue?: string }).continue;
      if (next === undefined || next === '') {
        return { items, resourceVersion: list.metadata.resourceVersion ?? '' };
      }
      page = { limit: String(pageSize), continue: next };
    }
  }

  async watch(
    ref: ResourceRef,
    query: ListQuery & { resourceVersion: string },
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const seconds = watchSeconds();
    // A server that forgets to end the watch, or a half-open HTTP/1.1 connection, is left behind.
    const limit = AbortSignal.any([
      signal,
      this.#connection.generation,
      AbortSignal.timeout((seconds + 30) * 1000),
    ]);
    const parameters = listParameters(query, {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: query.resourceVersion,
      timeoutSeconds: String(seconds),
    });
    const reply: Reply = await this.#connection.request({
      method: 'GET',
      path: collectionPath(ref, query.namespace ?? '') + parameters,
      headers: await this.#headers(query.metadataOnly === true ? { accept: metadataObject } : {}),
      signal: limit,
    });
    if (reply.status >= 300) {
      throw statusError(reply.status, await readAll(reply.body, bodyLimit));
    }
    await readLines(reply.body, (line) => {
      const event = JSON.parse(line) as { type: string; object: KubeObject };
      if (event.type === 'ERROR') throw statusError(500, JSON.stringify(event.object));
      onEvent(event as WatchEvent);
    });
  }

  create(ref: ResourceRef, object: KubeObject, subresource?: string): Promise<KubeObject> {
    const { namespace = '', name = '' } = object.metadata;
    const path =
      subresource === undefined
        ? collectionPath(ref, namespace)
        : objectPath(ref, namespace, name, subresource);
    return this.#object('POST', path, object);
  }

  update(ref: ResourceRef, object: KubeObject, subresource?: string): Promise<KubeObject> {
    const { namespace = '', name = '' } = object.metadata;
    return this.#object('PUT', objectPath(ref, namespace, name, subresource), object);
  }

  patch(
    ref: ResourceRef,
    target: { namespace: string; name: string; subresource?: string },
    type: PatchType,
    body: unknown,
  ): Promise<KubeObject> {
    const path = objectPath(ref, target.namespace, target.name, target.subresource);
    return this.#object('PATCH', path, body, { 'content-type': patchTypes[type] });
  }

  apply(ref: ResourceRef, object: KubeObject, query: ApplyQuery): Promise<KubeObject> {
    const { namespace = '', name = '' } = object.metadata;
    const parameters = new URLSearchParams({
      fieldManager: query.fieldManager,
      ...(query.force === true ? { force: 'true' } : {}),
    });
    const path = `${objectPath(ref, namespace, name, query.subresource)}?${parameters.toString()}`;
    return this.#object('PATCH', path, object, { 'content-type': 'application/apply-patch+yaml' });
  }

  async delete(
    ref: ResourceRef,
    namespace: string,
    name: string,
    query: DeleteQuery = {},
  ): Promise<boolean> {
    const path = objectPath(ref, namespace, name);
    const { status, text } = await this.#send('DELETE', path, deleteOptions(query));
    if (status < 300) return true;
    if (status === 404) return false;
    throw statusError(status, text);
  }

  async deleteCollection(
    ref: ResourceRef,
    namespace: string,
    query: ListQuery & DeleteQuery = {},
  ): Promise<void> {
    const path = collectionPath(ref, namespace) + listParameters(query, {});
    const { status, text } = await this.#send('DELETE', path, deleteOptions(query));
    if (status >= 300) throw statusError(status, text);
  }

  async raw(path: string, accept = '*/*'): Promise<string> {
    const { status, text } = await this.#send('GET', path, undefined, { accept });
    if (status >= 300) throw statusError(status, text);
    return text;
  }
}

const metadataObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const metadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
