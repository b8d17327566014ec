import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { fractionWarnings } from './fraction-warnings.ts';

/** pkg/api/persistentvolumeclaim/util.go. */

export const classAnnotation = 'volume.beta.kubernetes.io/storage-class';
export const classDeprecated = 'deprecated since v1.8; use "storageClassName" attribute instead';

export function claimWarnings({ metadata, spec }: KubeObject): string[] {
  const own = metadata.annotations?.[classAnnotation] === undefined ? [] : [classDeprecated];
  return [
    ...own.map((text) => `metadata.annotations[${classAnnotation}]: ${text}`),
    ...claimSpecWarnings(spec ?? {}, 'spec'),
  ];
}

export function claimSpecWarnings(spec: Plain, path: string): string[] {
  return ['requests', 'limits'].flatMap((side) =>
    fractionWarnings(spec.resources?.[side]?.storage, `${path}.resources.${side}[storage]`),
  );
}
