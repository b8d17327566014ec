import { createHash } from 'node:crypto';
import { jsonText } from '../../object/json-text.ts';
import { notAcceptable } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import {
  clausesOf,
  contentTypes,
  type MediaType,
  mediaTypeOf,
  objectMediaTypes,
} from '../response/negotiate.ts';
import { aggregatedDocument } from './aggregated.ts';
import {
  apiGroupDocument,
  apiGroupListDocument,
  apiResourceListDocument,
  apiVersionsDocument,
  listedGroups,
  type LocalGroupVersions,
  type RemoteGroupVersion,
  servedGroups,
} from './groups.ts';

/** A discovery document ready to send. */
export interface DiscoveryDocument {
  contentType: string;
  /** In JSON. */
  bytes: Buffer;
  /** In double quotes; aggregated documents only. Answer 304 when If-None-Match equals it. */
  etag: string | undefined;
  /** How an aggregated document is wanted. */
  form?: { mediaType: MediaType; pretty: boolean };
  /** The same as an object, for whoever encodes another media type. Never mutate. */
  object: object;
}

export interface DiscoveryOptions {
  /** `host:port` for /api's serverAddressByClientCIDRs. */
  serverAddress: string;
  remote?: readonly RemoteGroupVersion[];
  local?: LocalGroupVersions;
  /** False leaves the hashes out. */
  storageVersionHash?: boolean;
}

/** v2beta1 is gone upstream, too (AggregatedDiscoveryRemoveBetaType). */
type AggregatedVersion = 'v2';

/**
 * All discovery documents of one list of resources; make a new one when the list changes. Each
 * document is encoded when it is first asked for and kept: bounded by the number of group versions.
 */
export class Discovery {
  readonly #makers = new Map<string, () => object>();
  readonly #made = new Map<string, DiscoveryDocument>();

  constructor(resources: readonly Resource[], options: DiscoveryOptions) {
    const groups = servedGroups(resources, options.remote, options.local);
    const listed = listedGroups(groups, options.local);
    const core = listed.filter((g) => g.name === '');
    const named = listed.filter((g) => g.name !== '');
    this.#makers.set('/api', () => apiVersionsDocument(options.serverAddress));
    this.#makers.set('/apis', () => apiGroupListDocument(listed));
    this.#makers.set('/api v2', () => aggregatedDocument(core));
    this.#makers.set('/apis v2', () => aggregatedDocument(named));
    for (const group of groups) {
      const path = group.name === '' ? '/api' : `/apis/${group.name}`;
      if (group.name !== '') this.#makers.set(path, () => apiGroupDocument(group));
      for (const served of group.versions) {
        // The extension server answers for its own resources.
        if (served.remote !== undefined) continue;
        this.#makers.set(`${path}/${served.version}`, () =>
          apiResourceListDocument(served, options.storageVersionHash),
        );
      }
    }
  }

  /** Whether there is a document at `path` (no query, a trailing slash is ignored). */
  has(path: string): boolean {
    return this.#makers.has(keyOf(path));
  }

  /** The document of a path that has one, in the form the Accept header prefers; 406 when none is served. */
  document(path: string, accept: string | undefined): DiscoveryDocument {
    const key = keyOf(path);
    const { version, mediaType, pretty } = preferredForm(
      accept ?? '',
      key === '/api' || key === '/apis',
    );
    const json = this.#encoded(version === 'legacy' ? key : `${key} ${version}`, version);
    if (version === 'legacy' || (mediaType === 'json' && !pretty)) return json;
    const contentType = json.contentType.replace(contentTypes.json, contentTypes[mediaType]);
    return { ...json, contentType, form: { mediaType, pretty } };
  }

  #encoded(key: string, form: AggregatedVersion | 'legacy'): DiscoveryDocument {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const object = this.#makers.get(key)?.();
    if (object === undefined) throw new Error(`no discovery document ${key}`);
    const bytes = Buffer.from(`${jsonText(object)}\n`);
    const document: DiscoveryDocument =
      form === 'legacy'
        ? { contentType: 'application/json', bytes, etag: undefined, object }
        : {
            form: { mediaType: 'json', pretty: false },
            contentType: `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`,
            bytes,
            etag: `"${createHash('sha512').update(bytes).digest('hex').toUpperCase()}"`,
            object,
          };
    this.#made.set(key, document);
    return document;
  }
}

function keyOf(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/**
 * Who asks for an aggregated document anywhere has it, whatever else is accepted before it
 * (aggregated/negotiation.go); others have the first form that is served. Of other media types than
 * JSON the caller encodes `object` itself.
 */
function preferredForm(
  accept: string,
  aggregates: boolean,
): { version: AggregatedVersion | 'legacy'; mediaType: MediaType; pretty: boolean } {
  if (accept === '') return { version: 'legacy', mediaType: 'json', pretty: false };
  let plain: MediaType | undefined;
  for (const clause of clausesOf(accept)) {
    const mediaType = mediaTypeOf(clause);
    if (mediaType === undefined) continue;
    const { values } = clause;
    const [as, group, version] = ['as', 'g', 'v'].map((name) => values.get(name));
    const known = as === 'APIGroupDiscoveryList' && group === 'apidiscovery.k8s.io';
    if (aggregates && known && version === 'v2') {
      return { version, mediaType, pretty: values.get('pretty') === '1' };
    }
    if (as === undefined && group === undefined && version === undefined) plain ??= mediaType;
  }
  if (plain === undefined) throw notAcceptable(objectMediaTypes);
  return { version: 'legacy', mediaType: plain, pretty: false };
}
