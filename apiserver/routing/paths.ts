import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { RequestContext } from '../context.ts';
import { Discovery } from '../discovery/discovery.ts';
import type { LocalGroupVersions, RemoteGroupVersion } from '../discovery/groups.ts';
import { emulatedVersion, gitVersion, versionDocument } from '../discovery/version.ts';
import { type HealthCheck, makeHealth } from '../health/checks.ts';
import type { Exposed } from '../metrics/expose.ts';
import type { HealthMetrics } from '../metrics/health-metrics.ts';
import type { LeveledLogger } from '../../log/log.ts';
import { jsonText } from '../../object/json-text.ts';
import { pathNotFound } from '../../object/status-error.ts';
import { encodeAny } from '../response/encode.ts';
import { contentTypes, negotiate, plainJson, wantsPretty } from '../response/negotiate.ts';
import { flagPages } from '../profiling/flag-pages.ts';
import { profilingPages } from '../profiling/pages.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import type { NonResourceHandler } from './route.ts';
import { checkAccept, notAllowed, pageNotFound, servesBuiltIn } from './router.ts';
import { zPages } from './z-pages.ts';

export interface OpenIdDocument {
  type: string;
  make(): Promise<object>;
}

export interface PathsOptions {
  resources: ResourceTable;
  /** What other servers serve. */
  remote: RemoteApis;
  /** What APIServices say of this server's own. */
  local: LocalGroupVersions & { readonly generation: number };
  serverAddress: string;
  /** What /version says in place of the default. */
  gitVersion: string | undefined;
  /** Whether discovery tells of the stored form of resources. */
  storageVersionHash: boolean;
  /** What waits and runs, by name: at paths that are not listed. */
  flowDumps: Readonly<Record<string, (query: URLSearchParams) => string>>;
  health: Record<'healthz' | 'livez' | 'readyz', readonly HealthCheck[]>;
  metrics: Exposed & { readonly health: HealthMetrics };
  /** Whether `/debug` is served, and DELETE of metrics starts counting anew. */
  profiling: boolean;
  log: LeveledLogger;
  /** `/.well-known/openid-configuration` and `/openid/v1/jwks`. */
  openId: ReadonlyMap<string, OpenIdDocument>;
  /** `/flagz`, when it is served. */
  flags: Readonly<Record<string, string>> | undefined;
  /** Since when the server runs, when `/statusz` is served. */
  startedAt: Date | undefined;
  openApi: {
    paths: ReadonlyMap<string, NonResourceHandler>;
    prefixes: readonly { prefix: string; handle: NonResourceHandler }[];
  };
}

/** Group versions of other servers; `generation` grows when they change. */
export interface RemoteApis {
  readonly generation: number;
  groupVersions(): readonly RemoteGroupVersion[];
}

/** Everything a server answers that is no resource. */
export function makePaths(options: PathsOptions): {
  paths: ReadonlyMap<string, NonResourceHandler>;
  prefixes: readonly { prefix: string; handle: NonResourceHandler }[];
} {
  const onUnhealthy = (check: string, error: Error) =>
    options.log.warn({ check, error }, 'health check failed');
  const health = (path: string, checks: readonly HealthCheck[]) =>
    makeHealth(path, checks, onUnhealthy, options.metrics.health.observe);
  const healthz = health('/healthz', options.health.healthz);
  const livez = health('/livez', options.health.livez);
  const readyz = health('/readyz', options.health.readyz);
  const discover = makeDiscovery(options);
  const version = versionDocument(
    options.gitVersion === undefined ? {} : { gitVersion: options.gitVersion },
  );
  const paths = new Map<string, NonResourceHandler>([
    ['/healthz', healthz],
    ['/livez', livez],
    ['/readyz', readyz],
    ['/version', routed(['application/json'], (context) => json(context, version))],
    ['/metrics', scraped(options.metrics, options.profiling)],
    ['/metrics/slis', scraped(options.metrics.health, options.profiling)],
    ['/api', (context) => discover(context, true)],
    ['/apis', (context) => discover(context, false)],
    ...options.openApi.paths,
  ]);
  for (const [path, document] of options.openId) paths.set(path, openIdPage(document));
  const status =
    options.startedAt === undefined
      ? undefined
      : {
          startedAt: options.startedAt,
          binaryVersion: (options.gitVersion ?? gitVersion).replace(/^v/, ''),
          emulationVersion: emulatedVersion,
          paths: () => rootPaths(options, listed),
        };
  for (const [path, page] of zPages({ flags: options.flags, status })) paths.set(path, page);
  const listed = [...paths.keys()];
  for (const [name, dump] of Object.entries(options.flowDumps)) {
    paths.set(`${flowControl}/${name}`, (context) => plain(context, dump(context.query)));
  }
  const debug = options.profiling ? [profilingPages(), flagPages(options.log)] : [];
  for (const [path, page] of debug.flatMap((pages) => pages.paths)) paths.set(path, page);
  for (const index of ['/', '/index.html']) {
    paths.set(index, (context) => json(context, { paths: rootPaths(options, listed) }));
  }
  return {
    paths,
    prefixes: [
      { prefix: '/healthz/', handle: healthz },
      { prefix: '/livez/', handle: livez },
      { prefix: '/readyz/', handle: readyz },
      ...debug.flatMap(({ prefixes }) => prefixes),
      ...options.openApi.prefixes,
      {
        prefix: '/version/',
        handle: () => {
          throw pathNotFound();
        },
      },
      { prefix: '/api/', handle: (context) => discover(context, true) },
      {
        prefix: '/apis/',
        handle: (context) => discoverGroup(context, discover, options.resources),
      },
    ],
  };
}

function openIdPage({ type, make }: OpenIdDocument): NonResourceHandler {
  return routed([type], async (context) => {
    const headers = { 'content-type': type, 'cache-control': 'public, max-age=3600' };
    context.answer = { code: 200, headers, body: Buffer.from(jsonText(await make())) };
  });
}

/** What upstream routes by method; its other paths answer whatever the method. */
function getOnly(handle: NonResourceHandler): NonResourceHandler {
  return (context) => {
    if (context.method !== 'GET') throw notAllowed();
    return handle(context);
  };
}

/** As {@link getOnly}, for routes that say what they give. */
function routed(types: string[], handle: NonResourceHandler): NonResourceHandler {
  return getOnly((context) => {
    checkAccept(context.headers.accept, types);
    return handle(context);
  });
}

/**
 * `/apis/GROUP` is of the latter paths, `/apis/GROUP/VERSION` of the former. A group without built-in
 * resources has no routes.
 */
function discoverGroup(
  context: RequestContext,
  discover: Discoverer,
  resources: ResourceTable,
): void {
  const [, group = '', version] = /^\/apis\/([^/]+)\/([^/]+)/.exec(context.info.path) ?? [];
  discover(context, version !== undefined && servesBuiltIn(resources, { group }));
}

/** `routed`: a path that is there has a route, for GET alone. */
type Discoverer = (context: RequestContext, routed: boolean) => void;

/** Documents are made for one state of the resource table and kept until it changes. */
function makeDiscovery(options: PathsOptions): Discoverer {
  let discovery: Discovery | undefined;
  let made = '';
  const { resources, remote, local } = options;
  return (context, routed) => {
    const { path } = context.info;
    const generation = `${resources.generation}/${remote.generation}/${local.generation}`;
    if (discovery === undefined || made !== generation) {
      made = generation;
      const others = remote.groupVersions();
      discovery = new Discovery(resources.list(), { ...options, remote: others });
    }
    if (!discovery.has(path)) {
      const [, group = ''] = /^\/apis\/([^/]+)/.exec(path) ?? [];
      if (path.startsWith('/apis') && (group === '' || !servesBuiltIn(resources, { group }))) {
        return pageNotFound(context);
      }
      throw pathNotFound();
    }
    if (routed) {
      if (context.method !== 'GET') throw notAllowed();
      checkAccept(context.headers.accept);
    }
    const found = discovery.document(path, context.headers.accept);
    // upstream counts the documents of all groups, and no other
    if (found.etag !== undefined) context.handled = { path, component: 'apiserver' };
    const cached: Record<string, string> =
      found.etag === undefined
        ? {}
        : { etag: found.etag, vary: 'Accept', 'cache-control': 'public' };
    if (found.etag !== undefined && context.headers['if-none-match'] === found.etag) {
      context.answer = { code: 304, headers: cached, body: undefined };
      return;
    }
    const form =
      found.form === undefined
        ? negotiate(context, { protobuf: true, transforms: false })
        : { ...plainJson, ...found.form };
    const asMade = form.mediaType === 'json' && !wantsPretty(context, form);
    const answer = asMade ? undefined : encodeAny(context, found.object, form);
    const contentType = found.form === undefined ? contentTypes[form.mediaType] : found.contentType;
    context.answer = {
      code: 200,
      headers: { 'content-type': contentType, ...cached },
      body: answer?.body ?? found.bytes,
    };
  };
}

const flowControl = '/debug/api_priority_and_fairness';

function plain(context: RequestContext, body: string): void {
  context.answer = { code: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

function json(context: RequestContext, value: unknown): void {
  context.answer = {
    code: 200,
    headers: { 'content-type': contentTypes.json },
    body: Buffer.from(jsonText(value, 2)),
  };
}

/** Scrapers see by it whether a counter began anew with the process. */
const startedUnix = String(Math.round(Date.now() / 1000 - process.uptime()));

/** Whatever the size (client_golang's promhttp); a list that begins with nothing names nothing. */
const gzipAccepted = /^(?:[^,]+,)*\s*gzip\s*(?:$|,|;(?!\s*q=0(?:\.0*)?\s*(?:,|$)))/;
const packed = promisify(gzip);

function scraped({ expose, reset }: Exposed, resettable: boolean): NonResourceHandler {
  return async (context) => {
    if (context.method === 'DELETE' && resettable) {
      reset();
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      context.answer = { code: 200, headers, body: 'metrics reset\n' };
      return;
    }
    const { contentType, body } = await expose(context.headers.accept);
    const headers = { 'content-type': contentType, 'process-start-time-unix': startedUnix };
    const zipped = gzipAccepted.test(String(context.headers['accept-encoding'] ?? ''));
    context.answer = zipped
      ? { code: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: await packed(body) }
      : { code: 200, headers, body, asItIs: true };
  };
}

function rootPaths({ resources, remote }: PathsOptions, paths: readonly string[]): string[] {
  const all = new Set(paths);
  for (const { group, version } of [...resources.list(), ...remote.groupVersions()]) {
    if (group === '') all.add(`/api/${version}`);
    else all.add(`/apis/${group}`).add(`/apis/${group}/${version}`);
  }
  return [...all].sort();
}
