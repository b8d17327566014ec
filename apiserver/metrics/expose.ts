import { contentType as protobufType } from '../../metrics/protobuf-format.ts';
import type { Registry } from '../../metrics/registry.ts';
import { contentType as textType } from '../../metrics/text-format.ts';
import { parseAccept } from './accept.ts';

export interface Exposed {
  /** What GET answers to who accepts this. */
  expose(accept: string | undefined): Promise<{ contentType: string; body: string | Buffer }>;
  /** Starts counting anew. */
  reset(): void;
}

export function exposed(registry: Registry): Exposed {
  return {
    reset: () => registry.reset(),
    async expose(accept) {
      const { protobuf, escaping } = parseAccept(accept);
      const body = protobuf ? await registry.bytes() : await registry.text();
      return { contentType: `${protobuf ? protobufType : textType}; escaping=${escaping}`, body };
    },
  };
}
