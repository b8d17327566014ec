import type { RequestContext } from '../context.ts';
import { notAcceptable } from '../../object/status-error.ts';
import { encodeAny } from '../response/encode.ts';
import { contentTypes, type MediaType, plainJson } from '../response/negotiate.ts';
import type { NonResourceHandler } from './route.ts';

/**
 * `/flagz` and `/statusz`: what this process was started with, and how it is. Text for people, or an
 * object of config.k8s.io for those who ask for it by its kind. Source: component-base zpages.
 */
export interface ZPageFacts {
  flags: Readonly<Record<string, string>> | undefined;
  status:
    | {
        startedAt: Date;
        binaryVersion: string;
        emulationVersion: string;
        /** Every path that is listed at `/`. */
        paths(): readonly string[];
      }
    | undefined;
}

const component = 'kube-apiserver';
/** Upstream draws one for each answer, so that nobody parses the text. */
const delimiters = [':', ': ', '=', ' '];

export function zPages({ flags, status }: ZPageFacts): [string, NonResourceHandler][] {
  const pages: [string, NonResourceHandler][] = [];
  if (flags !== undefined) {
    const sorted = Object.entries(flags).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const text = (delimiter: string): string =>
      `\n${sorted.map(([name, value]) => `${name}${delimiter}${value}\n`).join('')}`;
    const fields = (): object => ({ flags: Object.fromEntries(sorted) });
    pages.push(['/flagz', (context) => answer(context, { kind: 'Flagz', fields, text })]);
  }
  if (status !== undefined) {
    const fields = (): StatusFields => statusFields(status);
    const text = (delimiter: string): string => statusText(fields(), status.startedAt, delimiter);
    pages.push(['/statusz', (context) => answer(context, { kind: 'Statusz', fields, text })]);
  }
  return pages;
}

interface StatusFields {
  startTime: string;
  uptimeSeconds: number;
  goVersion: string;
  binaryVersion: string;
  emulationVersion: string;
  paths: string[];
}

/** Paths that tell nothing of the process. */
const served = new Set(['/api', '/apis', '/openapi', '/openid', '/.well-known']);

function statusFields(status: NonNullable<ZPageFacts['status']>): StatusFields {
  const folders = status.paths().map((path) => `/${path.split('/')[1] ?? ''}`);
  return {
    startTime: status.startedAt.toISOString().replace(/\.\d+Z$/, 'Z'),
    uptimeSeconds: Math.max(0, Math.floor((Date.now() - status.startedAt.getTime()) / 1000)),
    goVersion: `node ${process.version}`,
    binaryVersion: status.binaryVersion,
    emulationVersion: status.emulationVersion,
    paths: [...new Set(folders)].filter((path) => path !== '/' && !served.has(path)).toSorted(),
  };
}

function statusText(status: StatusFields, startedAt: Date, delimiter: string): string {
  const up = status.uptimeSeconds;
  const two = (value: number): string => String(value).padStart(2, '0');
  const rows = [
    ['Started', unixDate(startedAt)],
    ['Up', `${Math.floor(up / 3600)} hr ${two(Math.floor(up / 60) % 60)} min ${two(up % 60)} sec`],
    ['Go version', status.goVersion],
    ['Binary version', status.binaryVersion],
    ['Emulation version', status.emulationVersion],
    ['Paths', status.paths.join(' ')],
  ];
  return `\n${rows.map(([name, value]) => `${name}${delimiter} ${value}\n`).join('')}`;
}

/** Go's time.UnixDate, in UTC. */
function unixDate(date: Date): string {
  const [day = '', dayOfMonth = '', month = '', year = '', time = ''] = date
    .toUTCString()
    .split(' ');
  return `${day.slice(0, 3)} ${month} ${String(Number(dayOfMonth)).padStart(2)} ${time} UTC ${year}`;
}

interface ZPage {
  kind: 'Flagz' | 'Statusz';
  fields(): object;
  text(delimiter: string): string;
}

function answer(context: RequestContext, page: ZPage): void {
  const asked = negotiate(context.headers.accept ?? '', page.kind);
  if (asked === undefined) {
    throw notAcceptable([contentTypes.json, contentTypes.yaml, 'text/plain']);
  }
  if (asked === 'text') {
    const delimiter = delimiters[Math.floor(Math.random() * delimiters.length)] as string;
    const name = page.kind.toLowerCase();
    const head = `\n${component} ${name}\nWarning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.\n`;
    context.answer = {
      code: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: Buffer.from(head + page.text(delimiter)),
    };
    return;
  }
  const object = {
    kind: page.kind,
    apiVersion: `config.k8s.io/${asked.version}`,
    metadata: { name: component },
    ...page.fields(),
  };
  context.answer = encodeAny(context, object, { ...plainJson, mediaType: asked.mediaType });
  if (asked.version !== 'v1alpha1') return;
  context.answer.headers['warning'] =
    `299 - "This version of the ${page.kind.toLowerCase()} endpoint is deprecated. Please use a newer version."`;
}

/** The object is for who names its group, version and kind; text is for everybody else. */
function negotiate(
  accept: string,
  kind: string,
): 'text' | { mediaType: MediaType; version: string } | undefined {
  if (accept.trim() === '') return 'text';
  for (const clause of accept.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    const asked = Object.fromEntries(
      parameters.map((one) => one.split('=', 2) as [string, string]),
    );
    const { g, v, as } = asked;
    const plain = g === undefined && v === undefined && as === undefined;
    if (plain && ['text/plain', 'text/*', '*/*'].includes(type)) return 'text';
    const mediaType = /^(?:application|\*)\/(json|yaml|\*)$/.exec(type)?.[1];
    const known = g === 'config.k8s.io' && as === kind && (v === 'v1beta1' || v === 'v1alpha1');
    if (mediaType === undefined || !known) continue;
    return { mediaType: mediaType === 'yaml' ? 'yaml' : 'json', version: v };
  }
  return undefined;
}
