import type { KubeObject } from '../../../object/object.ts';

/**
 * Annotations that carry through an older version what only newer ones have (pkg/apis/autoscaling,
 * annotations.go and helpers.go). They are of the older version alone: nothing else keeps them.
 */

const prefix = 'autoscaling.alpha.kubernetes.io/';

export const roundTrip = {
  metrics: `${prefix}metrics`,
  currentMetrics: `${prefix}current-metrics`,
  conditions: `${prefix}conditions`,
  behavior: `${prefix}behavior`,
} as const;

/** The last two are those of v2beta2. */
const dropped: ReadonlySet<string> = new Set([
  ...Object.values(roundTrip),
  `${prefix}scale-down-tolerance`,
  `${prefix}scale-up-tolerance`,
]);

/** The metadata without them; the same object where there are none. */
export function withoutRoundTrip(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const { annotations, ...rest } = metadata;
  if (annotations === undefined || !Object.keys(annotations).some((key) => dropped.has(key))) {
    return metadata;
  }
  const kept = Object.entries(annotations).filter(([key]) => !dropped.has(key));
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
}
