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
}

export const contentTypes: Record<MediaType, string> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

const mediaTypes: Record<string, MediaType> = {
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

const plainJson: Negotiated = { mediaType: 'json', as: undefined, asVersion: '' };

/** Results by Accept header; clients send few different ones. Cleared when it grows past this. */
const memoSizeMax = 256;
const memo = new Map<string, readonly Negotiated[]>();

/** The first acceptable form, in the client's order of preference; 406 when there is none. */
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
    if (candidate.mediaType === 'protobuf' && !options.protobuf) continue;
    if (candidate.as !== undefined && !options.transforms) continue;
    return candidate;
  }
  throw notAcceptable(options.protobuf ? objectMediaTypes : customMediaTypes);
}

function parseAccept(accept: string): Negotiated[] {
  const clauses = accept.split(',').map((text, index) => {
    const [type = '', ...parameters] = text.split(';').map((s) => s.trim());
    const values = new Map(parameters.map((p) => p.split('=', 2) as [string, string]));
    return { type: type.toLowerCase(), values, index, q: Number(values.get('q') ?? 1) };
  });
  clauses.sort((a, b) => b.q - a.q || a.index - b.index);
  const out: Negotiated[] = [];
  for (const { type, values } of clauses) {
    const mediaType = mediaTypes[type];
    if (mediaType === undefined) continue;
    const as = values.get('as');
    if (as === undefined) {
      out.push({ mediaType, as: undefined, asVersion: '' });
      continue;
    }
    const version = values.get('v') ?? '';
    if (values.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
      out.push({ mediaType, as, asVersion: version });
    }
  }
  return out;
}

/** `?pretty` where given; else browsers and curl get indented JSON, as upstream decides by user agent. */
export function wantsPretty(context: RequestContext): boolean {
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
