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
/** Custom resources have no protobuf. */
export const customMediaTypes = ['application/json', 'application/yaml'];

export const plainJson: Negotiated = {
  mediaType: 'json',
  as: undefined,
  asVersion: '',
  pretty: false,
};

/** Results by Accept header; clients send few different ones. Cleared when it grows past this. */
const memoSizeMax = 256;
const memo = new Map<string, readonly Negotiated[]>();

/**
 * The first acceptable form, in the client's order of preference; 406 when there is none. A Table is
 * never protobuf, metadata alone is even of a custom resource.
 */
export function negotiate(
  context: RequestContext,
  options: { protobuf: boolean; transforms: boolean },
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
    if (candidate.as === undefined) {
      if (candidate.mediaType === 'protobuf' && !options.protobuf) continue;
    } else if (!options.transforms) continue;
    return candidate;
  }
  throw notAcceptable(options.protobuf ? objectMediaTypes : customMediaTypes);
}

function parseAccept(accept: string): Negotiated[] {
  const clauses = accept.split(',').map((text, index) => {
    const [type = '', ...parameters] = text.split(';').map((s) => s.trim());
    const values = new Map(parameters.map((p) => p.split('=', 2) as [string, string]));
    const q = Number.parseFloat(values.get('q') ?? '');
    return { type, values, index, q: Number.isNaN(q) ? 1 : q, wild: wildcards(type) };
  });
  clauses.sort((a, b) => b.q - a.q || a.wild - b.wild || a.index - b.index);
  return clauses.flatMap(({ type, values }) => accepted(type, values) ?? []);
}

/** What is more exactly said comes first among equals. */
function wildcards(type: string): number {
  return type.split('/').filter((part) => part === '*').length;
}

function accepted(type: string, values: ReadonlyMap<string, string>): Negotiated | undefined {
  const mediaType = mediaTypes[type];
  if (mediaType === undefined) return undefined;
  const stream = values.get('stream') ?? '';
  if (stream !== '' && (stream !== 'watch' || mediaType === 'yaml')) return undefined;
  const pretty = values.get('pretty') === '1';
  if (!values.has('as') && !values.has('g') && !values.has('v')) {
    return pretty ? { ...plainJson, mediaType, pretty } : { ...plainJson, mediaType };
  }
  const as = values.get('as');
  const asVersion = values.get('v') ?? '';
  if (values.get('g') !== 'meta.k8s.io') return undefined;
  if (asVersion !== 'v1' && asVersion !== 'v1beta1') return undefined;
  if (as === 'Table' && mediaType === 'protobuf') return undefined;
  if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
    return { mediaType, as, asVersion, pretty };
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
export function notAcceptableForWatch(protobuf: boolean): Error {
  const types = ['application/json;stream=watch'];
  if (protobuf) types.push('application/vnd.kubernetes.protobuf;stream=watch');
  return notAcceptable(types);
}
