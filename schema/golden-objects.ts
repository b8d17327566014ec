import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import type { KubeObject } from '../object/object.ts';

/**
 * Upstream's golden objects of v1.36 (staging/src/k8s.io/api/testdata/HEAD): 88 kinds with every
 * field set, as JSON and as protobuf (one latin-1 character a byte); a line of JSON each, in Brotli.
 */
export interface Golden {
  json: KubeObject;
  protobuf: string;
}

const file = new URL('./testdata/golden.jsonl.br', import.meta.url);

export function goldenObjects(): Golden[] {
  return brotliDecompressSync(readFileSync(file))
    .toString()
    .split('\n')
    .map((line) => JSON.parse(line) as Golden);
}
