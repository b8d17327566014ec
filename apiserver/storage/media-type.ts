import { parseJson } from '../../object/json.ts';
import { parseApiVersion, type KubeObject } from '../../object/object.ts';
import { schemaFor } from '../../schema/built-in.ts';
import { encodeProtobuf, isProtobuf } from '../../schema/protobuf.ts';
import type { Transformer } from './codec.ts';

const openBrace = 0x7b;

/**
 * `--storage-media-type=application/vnd.kubernetes.protobuf`: built-in kinds are written in upstream's
 * envelope, custom resources stay JSON, as upstream's do. What is read is told apart by its first
 * bytes, by whoever decodes.
 */
export const protobufStorage: Transformer = {
  toStorage(bytes) {
    if (bytes[0] !== openBrace) return bytes;
    const object = parseJson(bytes.toString('utf8')) as KubeObject;
    const schema = protobufSchema(object);
    return schema === undefined ? bytes : encodeProtobuf(object, schema);
  },
  fromStorage: (bytes) => bytes,
  readsAsIs: true,
  stale: (bytes) => bytes[0] === openBrace && protobufSchema(headOf(bytes)) !== undefined,
};

/** The default: what was written as protobuf becomes JSON with its next write. */
export const jsonStorage: Transformer = {
  toStorage: (bytes) => bytes,
  fromStorage: (bytes) => bytes,
  readsAsIs: true,
  stale: isProtobuf,
};

function protobufSchema({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>) {
  const gv = parseApiVersion(apiVersion);
  const schema = gv === undefined ? undefined : schemaFor({ ...gv, kind });
  return schema?.proto === undefined ? undefined : schema;
}

/** Kind and version of a stored object, which stand first in it. */
function headOf(bytes: Buffer): Pick<KubeObject, 'apiVersion' | 'kind'> {
  const head = /^\{"kind":"([^"]+)","apiVersion":"([^"]+)"/.exec(bytes.toString('latin1', 0, 512));
  return { kind: head?.[1] ?? '', apiVersion: head?.[2] ?? '' };
}

/** Both in one: `outer` gets what `inner` made. */
export function chained(inner: Transformer, outer: Transformer): Transformer {
  return {
    toStorage: (bytes, key) => outer.toStorage(inner.toStorage(bytes, key), key),
    fromStorage: (bytes, key) => inner.fromStorage(outer.fromStorage(bytes, key), key),
    stale: (bytes, key) =>
      (outer.stale?.(bytes, key) ?? false) ||
      (inner.stale?.(outer.fromStorage(bytes, key), key) ?? false),
  };
}
