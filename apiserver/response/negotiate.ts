import { notAcceptable } from '../../object/status-error.ts';
import type { RequestContext } from '../context.ts';

/**
 * Which form of an answer the client asked for (k8s.io/apiserver endpoints/handlers/negotiation).
 * CBOR is known and refused by name like every other type that is not served.
 */
export type MediaType = 'json' | 'yaml' | 'protobuf';

export interface Negotiated {
  mediaType: MediaType;
  /** Transformation asked by `as=`: the object itself when undefined. */
  as: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | undefined;
  /** meta.k8s.io version of the transformation: v1 or v1beta1. */
  asVersion: string;
  /** `;pretty=1` stood beside the media type. */
  pretty: boolean;
}

/** What a clause of the header asks for. */
interface Candidate extends Negotiated {
  /** `sv=`: v1 of meta where objects are served, none elsewhere. */
  serverVersion?: string | undefined;
}

export const contentTypes: Record<MediaType, string> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

const mediaTypes: Record<string, MediaType | undefined> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
  'application/*': 'json',
  '*/*': 'json',
};

export const objectMediaTypes = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
];

export const plainJson: Negotiated = {
  mediaType: 'json',
  as: undefined,
  asVersion: '',
  pretty: false,
};

/** Results by Accept header; clients send few different ones. Cleared when it grows past this. */
const memoSizeMax = 256;
const memo = new Map<string, readonly Candidate[]>();

/**
 * The first acceptable form, in the client's order of preference; 406 when there is none. A Table is
 * never protobuf, metadata alone is even of a custom resource.
 */
export function negotiate(
  context: RequestContext,
  options: { protobuf: boolean; transforms: boolean; tables?: boolean },
): Negotiated {
  const accept = context.headers.accept;
  if (accept === undefined || accept === '' || accept === 'application/json') return plainJson;
  let candidates = memo.get(accept);
  if (candidates === undefined) {
    candidates = parseAccept(accept);
    if (memo.size >= memoSizeMax) memo.clear();
    memo.set(accept, candidates);
  }
  for (const candidate of candidates) {
    const { serverVersion } = candidate;
    if (serverVersion !== undefined && !(options.transforms && serverVersion === 'v1')) continue;
    if (candidate.as === undefined) {
      if (candidate.mediaType === 'protobuf' && !options.protobuf) continue;
    } else if (!options.transforms || (candidate.as === 'Table' && options.tables === false)) {
      continue;
    }
    return candidate;
  }
  // protobuf is among them also where only metadata can be had in it
  throw notAcceptable(objectMediaTypes);
}

/** One of the types that a client accepts. */
export interface Clause {
  type: string;
  subtype: string;
  q: number;
  values: Map<string, string>;
}

function parseAccept(accept: string): Candidate[] {
  return clausesOf(accept).flatMap((clause) => accepted(clause) ?? []);
}

/** What an Accept header says, in the client's order of preference. */
export function clausesOf(accept: string): Clause[] {
  const clauses: Clause[] = [];
  for (const text of accept.split(',')) {
    const clause = parseClause(text);
    if (clause !== undefined) insert(clauses, clause);
  }
  return clauses;
}

/** As upstream's reader (munnerz/goautoneg): a parameter it cannot read is none, a weight is 0. */
function parseClause(text: string): Clause | undefined {
  const [range = '', ...parameters] = text.split(';');
  const [type = '', subtype = '', ...more] = range.split('/').map((part) => trimSpaces(part));
  if (more.length > 0 || (subtype === '' && type !== '*')) return undefined;
  const values = new Map<string, string>();
  let q = 1;
  for (const parameter of parameters) {
    const [name = '', value = '', ...rest] = parameter.split('=');
    if (value === '' || rest.length > 0) continue;
    const key = trimSpaces(name);
    if (key === 'q') q = weight(value);
    else values.set(key, trimSpaces(value));
  }
  return { type, subtype: subtype === '' ? '*' : subtype, q, values };
}

function trimSpaces(text: string): string {
  return text.replace(/^ +| +$/g, '');
}

function weight(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : 0;
}

/** Where upstream's sort has it: a wildcard behind what is said exactly, whatever their weights. */
function insert(clauses: Clause[], clause: Clause): void {
  let at = clauses.length;
  while (at > 0 && goesBefore(clause, clauses[at - 1] as Clause)) at -= 1;
  clauses.splice(at, 0, clause);
}

function goesBefore(a: Clause, b: Clause): boolean {
  if (a.q > b.q) return true;
  return (a.type !== '*' && b.type === '*') || (a.subtype !== '*' && b.subtype === '*');
}

/** The form that a clause names, with or without what it is to be turned into. */
export function mediaTypeOf({ type, subtype }: Clause): Negotiated['mediaType'] | undefined {
  return mediaTypes[`${type}/${subtype}`];
}

function accepted(clause: Clause): Candidate | undefined {
  const { values } = clause;
  const mediaType = mediaTypeOf(clause);
  if (mediaType === undefined) return undefined;
  const stream = values.get('stream');
  if (stream !== undefined && (stream !== 'watch' || mediaType === 'yaml')) return undefined;
  const pretty = values.get('pretty') === '1';
  const serverVersion = values.get('sv');
  const plain = { ...plainJson, mediaType, pretty, serverVersion };
  if (!values.has('as') && !values.has('g') && !values.has('v')) return plain;
  const as = values.get('as');
  const asVersion = values.get('v') ?? '';
  if (values.get('g') !== 'meta.k8s.io') return undefined;
  if (asVersion !== 'v1' && asVersion !== 'v1beta1') return undefined;
  if (as === 'Table' && mediaType === 'protobuf') return undefined;
  if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
    return { ...plain, as, asVersion };
  }
  return undefined;
}

/** `?pretty` where given; else browsers and curl get indented JSON, as upstream decides by user agent. */
export function wantsPretty(context: RequestContext, form: { pretty: boolean }): boolean {
  if (form.pretty) return true;
  const asked = context.query.get('pretty');
  if (asked !== null && asked !== '') return /^(1|t|T|TRUE|true|True)$/.test(asked);
  const agent = context.headers['user-agent'];
  return agent !== undefined && /^(curl|Wget|Mozilla\/5\.0)/.test(agent);
}

/** YAML does not stream. */
export function notAcceptableForWatch(): Error {
  return notAcceptable([
    'application/json;stream=watch',
    'application/vnd.kubernetes.protobuf;stream=watch',
  ]);
}
