import { gzipSync } from 'node:zlib';
import type { RequestContext, ResponseHeaders } from '../context.ts';
import type { OpenApiDocument } from '../discovery/openapi-bytes.ts';
import type { OpenApiV2, OtherDocument } from '../discovery/openapi-v2.ts';
import type { OpenApiV3 } from '../discovery/openapi-v3.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import { clausesOf } from '../response/negotiate.ts';
import { serveContent } from '../response/serve-content.ts';
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
  const dateOf = indexDates();
  const documents = async (): Promise<OpenApiV3> => {
    const { OpenApiV3: Maker } = await import('../discovery/openapi-v3.ts');
    if (made === undefined || generation !== resources.generation) {
      generation = resources.generation;
      made = new Maker(resources.list(), made);
    }
    return made;
  };
  const documentV2 = async (accept: string | undefined): Promise<OpenApiDocument | undefined> => {
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
        async (context: RequestContext) =>
          sendV2(context, await documentV2(context.headers.accept)),
      ],
      [
        '/openapi/v3',
        async (context: RequestContext) => {
          const others = await remote.v3();
          const { bytes } = (await documents()).index(others);
          // upstream's aggregator makes it anew each time, without a tag, and leaves the type to be guessed
          const contentType = 'text/plain; charset=utf-8';
          context.answer = serveContent(
            context,
            { bytes, contentType, modified: dateOf(bytes) },
            {},
          );
        },
      ],
    ]),
    prefixes: [
      {
        prefix: '/openapi/v3/',
        async handle(context) {
          const key = context.info.path.slice('/openapi/v3/'.length);
          const passed = remote.pass(context, key);
          if (passed !== undefined) return passed;
          sendV3(context, key, await documents());
        },
      },
    ],
  };
}

/**
 * Dates of an index that is always as of now, as upstream tells it; but none in the second in which it changed: dates
 * have no parts of seconds, so who asks twice within one (kubectl keeps answers) would be told of no change.
 */
function indexDates(): (bytes: Buffer) => Date | undefined {
  let last: Buffer | undefined;
  let changedSecond = 0;
  return (bytes) => {
    const now = new Date();
    const second = Math.floor(now.getTime() / 1000);
    // the first as well: another server of the cluster may have told what was before
    if (last?.equals(bytes) !== true) [last, changedSecond] = [bytes, second];
    return changedSecond === second ? undefined : now;
  };
}

/** What is not there or not acceptable has a code and no words (k8s.io/kube-openapi handler3). */
function sendV3(context: RequestContext, key: string, all: OpenApiV3): void {
  const hash = all.hash(key);
  if (hash === undefined) return answerNothing(context, 404, {});
  const { accept = '' } = context.headers;
  if (accept !== '' && clausesOf(accept).length === 0) return answerNothing(context, 200, {});
  const document = all.document(key, accept);
  if (document === undefined) return answerNothing(context, 406, { vary: 'Accept' });
  const headers: Record<string, string> = { vary: 'Accept' };
  const asked = context.query.get('hash') ?? '';
  const { contentType, etag } = document;
  if (asked !== '' && asked !== hash) {
    // an old hash leads to the document as it is now
    const location = `/openapi/v3/${key}?hash=${hash}`;
    return answerNothing(context, 301, { ...headers, etag, location, 'content-type': contentType });
  }
  if (asked !== '') {
    // with the right hash in the URL it never changes: clients may keep it for ever, which is a year
    headers['cache-control'] = 'public, immutable';
    const until = new Date();
    until.setUTCFullYear(until.getUTCFullYear() + 1);
    headers['expires'] = until.toUTCString().replace('GMT', 'UTC');
  }
  context.answer = serveContent(context, document, headers);
}

function sendV2(context: RequestContext, document: OpenApiDocument | undefined): void {
  const vary = ['Accept-Encoding', 'Accept'];
  if (document === undefined) return answerNothing(context, 406, { vary });
  const answer = serveContent(context, document, { vary });
  const { body } = answer;
  if (Buffer.isBuffer(body) && body.length >= gzipThresholdBytes && takesGzip(context)) {
    answer.headers['content-encoding'] = 'gzip';
    answer.body = body === document.bytes ? document.gzip() : gzipSync(body);
  }
  context.answer = answer;
}

/** github.com/NYTimes/gziphandler */
const gzipThresholdBytes = 1_400;

/** Named, and not with a weight of nothing. */
function takesGzip({ method, headers }: RequestContext): boolean {
  if (method === 'HEAD') return false;
  return String(headers['accept-encoding'] ?? '')
    .split(',')
    .some((text) => {
      const [coding = '', ...parameters] = text.split(';').map((part) => part.trim());
      const weights = parameters.filter((one) => one.startsWith('q='));
      return coding.toLowerCase() === 'gzip' && weights.every((one) => Number(one.slice(2)) > 0);
    });
}

function answerNothing(context: RequestContext, code: number, headers: ResponseHeaders): void {
  context.answer = { code, headers, body: '' };
}
