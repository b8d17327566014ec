import type { Logger } from '../../log/log.ts';
import type { Aggregation } from './aggregation.ts';
import type { Reach } from './reach.ts';
import { pathOf, type RemoteApi } from './remote-api.ts';

/**
 * OpenAPI documents of other servers, fetched when somebody asks for ours and kept for a minute: a
 * server that nobody asks stays small (kube-aggregator controllers/openapi and openapiv3).
 */
export interface RemoteOpenApi {
  /** Keys of /openapi/v3 with their URLs, those of APIServices only. */
  v3(): Promise<ReadonlyMap<string, string>>;
  /** Documents of v2 with the paths in them that count. */
  v2(): Promise<readonly { document: Record<string, unknown>; prefixes: readonly string[] }[]>;
}

const keptMs = 60_000;

interface Kept {
  at: number;
  etag: string;
  document: Record<string, unknown> | undefined;
}

export function makeRemoteOpenApi(
  aggregation: Pick<Aggregation, 'all'>,
  reach: Reach,
  log: Logger,
): RemoteOpenApi {
  /** By service and path; entries of services that are gone leave with the next call. */
  const kept = new Map<string, Kept>();

  async function documentOf(api: RemoteApi, path: string): Promise<Kept['document']> {
    const key = keyOf(api, path);
    const before = kept.get(key);
    if (before !== undefined && Date.now() - before.at < keptMs) return before.document;
    const next: Kept = { at: Date.now(), etag: '', document: undefined };
    try {
      const accept = { accept: 'application/json' };
      const headers = before?.etag ? { ...accept, 'if-none-match': before.etag } : accept;
      const { code, etag, bytes } = await reach.fetch(api, path, headers);
      if (code === 304) Object.assign(next, { etag: before?.etag, document: before?.document });
      else if (code === 200) {
        next.document = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
        next.etag = etag;
      }
    } catch (error) {
      log.info({ error, apiService: api.name, path }, 'an OpenAPI document is missing');
    }
    kept.set(key, next);
    return next.document;
  }

  /** One answer for each server that is there, with its APIServices. */
  async function ask(path: string) {
    const servers = Map.groupBy(
      aggregation.all().filter(({ available }) => available),
      (api) => keyOf(api, path),
    );
    for (const key of kept.keys()) {
      if (key.endsWith(` ${path}`) && !servers.has(key)) kept.delete(key);
    }
    return Promise.all(
      [...servers.values()].map(async (apis) => ({
        apis,
        document: await documentOf(apis[0] as RemoteApi, path),
      })),
    );
  }

  return {
    async v3() {
      const out = new Map<string, string>();
      for (const { apis, document } of await ask('/openapi/v3')) {
        const paths = (document?.['paths'] ?? {}) as Record<string, { serverRelativeURL?: string }>;
        for (const api of apis) {
          const key = pathOf(api).slice(1);
          const url = paths[key]?.serverRelativeURL;
          if (url !== undefined) out.set(key, url);
        }
      }
      return out;
    },
    async v2() {
      const all = await ask('/openapi/v2');
      return all.flatMap(({ apis, document }) =>
        document === undefined ? [] : [{ document, prefixes: apis.map(pathOf) }],
      );
    },
  };
}

function keyOf({ service, caBundle, insecure }: RemoteApi, path: string): string {
  return `${service.namespace}/${service.name}:${service.port} ${insecure} ${caBundle} ${path}`;
}
