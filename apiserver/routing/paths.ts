import type { RequestContext } from '../context.ts';
import { Discovery } from '../discovery/discovery.ts';
import type { LocalGroupVersions, RemoteGroupVersion } from '../discovery/groups.ts';
import { emulatedVersion, gitVersion, versionDocument } from '../discovery/version.ts';
import { type HealthCheck, makeHealth } from '../health/checks.ts';
import { jsonText } from '../../object/json-text.ts';
import { pathNotFound } from '../../object/status-error.ts';
import { encodeAny } from '../response/encode.ts';
import { contentTypes, negotiate } from '../response/negotiate.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import type { NonResourceHandler } from './route.ts';
import { notAllowed } from './router.ts';
import { zPages } from './z-pages.ts';

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
  health: { livez: readonly HealthCheck[]; readyz: readonly HealthCheck[] };
  onUnhealthy(check: string, error: Error): void;
  metrics: {
    expose(accept: string | undefined): Promise<{ contentType: string; body: string | Buffer }>;
    /** `DELETE`; undefined without `--profiling`. */
    reset: (() => void) | undefined;
  };
  /** `/.well-known/openid-configuration` and `/openid/v1/jwks`. */
  openId: ReadonlyMap<string, () => Promise<object>>;
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
  const healthz = makeHealth('/healthz', options.health.livez, options.onUnhealthy);
  const livez = makeHealth('/livez', options.health.livez, options.onUnhealthy);
  const readyz = makeHealth('/readyz', options.health.readyz, options.onUnhealthy);
  const discover = makeDiscovery(options);
  const version = versionDocument(
    options.gitVersion === undefined ? {} : { gitVersion: options.gitVersion },
  );
  const paths = new Map<string, NonResourceHandler>([
    ['/healthz', healthz],
    ['/livez', livez],
    ['/readyz', readyz],
    ['/version', getOnly((context) => json(context, version))],
    ['/metrics', (context) => metrics(context, options)],
    ['/api', getOnly(discover)],
    ['/apis', discover],
    ...options.openApi.paths,
  ]);
  for (const [path, document] of options.openId) {
    const answer = async (context: RequestContext) => json(context, await document());
    paths.set(path, getOnly(answer));
  }
  const status =
    options.startedAt === undefined
      ? undefined
      : {
          startedAt: options.startedAt,
          binaryVersion: (options.gitVersion ?? gitVersion).replace(/^v/, ''),
          emulationVersion: emulatedVersion,
          paths: () => rootPaths(options, paths),
        };
  for (const [path, page] of zPages({ flags: options.flags, status })) paths.set(path, page);
  paths.set('/', (context) => json(context, { paths: rootPaths(options, paths) }));
  return {
    paths,
    prefixes: [
      { prefix: '/healthz/', handle: healthz },
      { prefix: '/livez/', handle: livez },
      { prefix: '/readyz/', handle: readyz },
      ...options.openApi.prefixes,
      { prefix: '/api/', handle: getOnly(discover) },
      { prefix: '/apis/', handle: (context) => discoverGroup(context, discover) },
    ],
  };
}

/** What upstream routes by method; its other paths answer whatever the method. */
function getOnly(handle: NonResourceHandler): NonResourceHandler {
  return (context) => {
    if (context.method !== 'GET') throw notAllowed();
    return handle(context);
  };
}

/** `/apis/GROUP` is of the latter paths, `/apis/GROUP/VERSION` of the former. */
function discoverGroup(
  context: RequestContext,
  discover: NonResourceHandler,
): Promise<void> | void {
  const versioned = /^\/apis\/[^/]+\/[^/]/.test(context.info.path);
  return (versioned ? getOnly(discover) : discover)(context);
}

/** Documents are made for one state of the resource table and kept until it changes. */
function makeDiscovery(options: PathsOptions): NonResourceHandler {
  let discovery: Discovery | undefined;
  let made = '';
  const { resources, remote, local } = options;
  return (context) => {
    const { path } = context.info;
    const generation = `${resources.generation}/${remote.generation}/${local.generation}`;
    if (discovery === undefined || made !== generation) {
      made = generation;
      const others = remote.groupVersions();
      discovery = new Discovery(resources.list(), { ...options, remote: others });
    }
    const found = discovery.document(path, context.headers.accept);
    if (found === undefined) throw pathNotFound();
    // upstream counts the documents of all groups, and no other
    if (found.etag !== undefined) context.handled = { path, component: 'apiserver' };
    if (found.etag !== undefined && context.headers['if-none-match'] === found.etag) {
      context.answer = { code: 304, headers: { etag: found.etag }, body: undefined };
      return;
    }
    if (found.contentType === contentTypes.json) {
      const form = negotiate(context, { protobuf: false, transforms: true });
      if (form.mediaType === 'yaml') {
        context.answer = encodeAny(context, found.object, form);
        return;
      }
    }
    context.answer = {
      code: 200,
      headers: {
        'content-type': found.contentType,
        ...(found.etag === undefined ? {} : { etag: found.etag, vary: 'Accept' }),
      },
      body: found.bytes,
    };
  };
}

function json(context: RequestContext, value: unknown): void {
  context.answer = {
    code: 200,
    headers: { 'content-type': contentTypes.json },
    body: Buffer.from(jsonText(value, 2)),
  };
}

async function metrics(context: RequestContext, options: PathsOptions): Promise<void> {
  const { expose, reset } = options.metrics;
  if (context.method === 'DELETE' && reset !== undefined) {
    reset();
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    context.answer = { code: 200, headers, body: 'metrics reset\n' };
    return;
  }
  const { contentType, body } = await expose(context.headers.accept);
  context.answer = { code: 200, headers: { 'content-type': contentType }, body };
}

function rootPaths(
  { resources, remote }: PathsOptions,
  paths: ReadonlyMap<string, unknown>,
): string[] {
  const all = new Set([...paths.keys()].filter((path) => path !== '/'));
  for (const { group, version } of [...resources.list(), ...remote.groupVersions()]) {
    if (group === '') all.add(`/api/${version}`);
    else all.add(`/apis/${group}`).add(`/apis/${group}/${version}`);
  }
  return [...all].sort();
}
