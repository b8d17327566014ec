import { pathNotFound } from '../../object/status-error.ts';
import type { RequestContext } from '../context.ts';
import type { OpenApiDocument } from '../discovery/openapi-bytes.ts';
import type { OpenApiV2, OtherDocument } from '../discovery/openapi-v2.ts';
import type { OpenApiV3 } from '../discovery/openapi-v3.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import type { NonResourceHandler } from './route.ts';

/** Documents of aggregated servers. */
export interface RemoteOpenApi {
  /** Keys of /openapi/v3 and their URLs. */
  v3(): Promise<ReadonlyMap<string, string>>;
  v2(): Promise<readonly OtherDocument[]>;
  /** Has another server answer for `/openapi/v3/<key>`; undefined when the key is ours. */
  pass(context: RequestContext, key: string): Promise<void> | undefined;
}

/**
 * `/openapi/v2`, `/openapi/v3` and what the latter lists. The code that makes documents, and their descriptions, are loaded
 * when somebody first asks: a server that nobody asks stays small.
 */
export function openApiPaths(
  resources: ResourceTable,
  remote: RemoteOpenApi,
): {
  paths: ReadonlyMap<string, NonResourceHandler>;
  prefixes: readonly { prefix: string; handle: NonResourceHandler }[];
} {
  let made: OpenApiV3 | undefined;
  let generation = -1;
  let madeV2: OpenApiV2 | undefined;
  let generationV2 = -1;
  let othersV2: readonly OtherDocument[] = [];
  const documents = async (): Promise<OpenApiV3> => {
    const { OpenApiV3: Maker } = await import('../discovery/openapi-v3.ts');
    if (made === undefined || generation !== resources.generation) {
      generation = resources.generation;
      made = new Maker(resources.list(), made);
    }
    return made;
  };
  const documentV2 = async (accept: string | undefined): Promise<OpenApiDocument> => {
    const { OpenApiV2: Maker } = await import('../discovery/openapi-v2.ts');
    const others = await remote.v2();
    const same =
      others.length === othersV2.length &&
      others.every(({ document }, index) => document === othersV2[index]?.document);
    if (madeV2 === undefined || generationV2 !== resources.generation || !same) {
      generationV2 = resources.generation;
      othersV2 = others;
      madeV2 = new Maker(resources.list(), others);
    }
    return madeV2.document(accept);
  };
  return {
    paths: new Map([
      [
        '/openapi/v2',
        async (context: RequestContext) => send(context, await documentV2(context.headers.accept)),
      ],
      [
        '/openapi/v3',
        async (context: RequestContext) => {
          const others = await remote.v3();
          send(context, (await documents()).index(others));
        },
      ],
    ]),
    prefixes: [
      {
        prefix: '/openapi/v3/',
        async handle(context) {
          const key = context.info.path.slice('/openapi/v3/'.length).replace(/\/$/, '');
          const passed = remote.pass(context, key);
          if (passed !== undefined) return passed;
          const all = await documents();
          const asked = context.query.get('hash');
          const hash = all.hash(key);
          if (hash === undefined) throw pathNotFound();
          if (asked !== null && asked !== hash) return redirect(context, key, hash);
          const document = all.document(key, context.headers.accept);
          if (document === undefined) throw pathNotFound();
          send(context, document, asked !== null);
        },
      },
    ],
  };
}

/** An old hash leads to the document as it is now (k8s.io/kube-openapi handler3). */
function redirect(context: RequestContext, key: string, hash: string): void {
  context.answer = {
    code: 301,
    headers: { location: `/openapi/v3/${key}?hash=${hash}`, 'content-type': 'text/plain' },
    body: '',
  };
}

/** With the right hash in the URL the document never changes: clients may keep it for ever. */
function send(context: RequestContext, document: OpenApiDocument, immutable = false): void {
  const headers: Record<string, string> = { etag: document.etag, vary: 'Accept-Encoding, Accept' };
  if (immutable) headers['cache-control'] = 'public, immutable';
  if (context.headers['if-none-match'] === document.etag) {
    context.answer = { code: 304, headers, body: undefined };
    return;
  }
  const zip = /(^|,)\s*gzip\s*(;|,|$)/.test(String(context.headers['accept-encoding'] ?? ''));
  context.answer = {
    code: 200,
    headers: {
      ...headers,
      'content-type': document.contentType,
      ...(zip ? { 'content-encoding': 'gzip' } : {}),
    },
    body: zip ? document.gzip() : document.bytes,
  };
}
