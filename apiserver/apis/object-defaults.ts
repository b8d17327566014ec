import type { KubeObject } from '../../object/object.ts';
import { applyDefaults, fillZeros } from '../../schema/defaults.ts';
import type { Resource } from './resource.ts';

/**
 * The schema's defaults, then the kind's own, then what Go's types write for what is still unset
 * (`replicas: 0`, `lastProbeTime: null`). Runs twice on a write: admission may have added parts.
 * `keepNulls`: nulls of a custom object are judged, as upstream does with what was applied.
 */
export function applyObjectDefaults(
  resource: Resource,
  object: KubeObject,
  keepNulls = false,
): void {
  if (resource.custom === undefined) applyDefaults(object, resource.schema);
  else resource.custom.applyDefaults(object, keepNulls);
  resource.default?.(object);
  if (resource.custom === undefined) fillZeros(object, resource.schema);
}
