import type { Transformer } from '../codec.ts';

/** A transformer and what stands in front of what it made; '' is what is not encrypted. */
export interface Prefixed {
  prefix: string;
  transformer: Transformer;
}

const encrypted = Buffer.from('k8s:enc:');

export const identity: Prefixed = {
  prefix: '',
  transformer: {
    toStorage: (bytes) => bytes,
    fromStorage(bytes) {
      if (bytes.subarray(0, encrypted.length).equals(encrypted)) {
        throw new Error('identity transformer tried to read encrypted data');
      }
      return bytes;
    },
  },
};

/**
 * The first writes; all whose prefix fits may read (storage/value PrefixTransformers). What another
 * than the first has written is stale: the next write, even of the same content, writes it anew.
 */
export function firstWrites(list: readonly Prefixed[]): Transformer {
  const known = list.map(({ prefix, transformer }) => ({
    prefix: Buffer.from(prefix),
    transformer,
  }));
  const [first] = known;
  if (first === undefined) throw new Error('no transformer');
  return {
    toStorage(bytes, key) {
      const inner = first.transformer.toStorage(bytes, key);
      return first.prefix.length === 0 ? inner : Buffer.concat([first.prefix, inner]);
    },
    fromStorage(bytes, key) {
      const errors: string[] = [];
      for (const { prefix, transformer } of known) {
        if (!startsWith(bytes, prefix)) continue;
        try {
          return transformer.fromStorage(bytes.subarray(prefix.length), key);
        } catch (error) {
          errors.push((error as Error).message);
        }
      }
      throw new Error(errors.length === 0 ? 'no matching prefix found' : errors.join(', '));
    },
    stale: (bytes) =>
      first.prefix.length === 0 ? startsWith(bytes, encrypted) : !startsWith(bytes, first.prefix),
  };
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.subarray(0, prefix.length).equals(prefix);
}
