import type { KubeObject } from '../../object/object.ts';
import { applyDefaults } from '../../schema/defaults.ts';
import type { Resource } from '../apis/resource.ts';

/** The schema's defaults, then the kind's own. Runs twice on a create: admission may have added parts. */
export function applyObjectDefaults(resource: Resource, object: KubeObject): void {
  if (resource.custom === undefined) applyDefaults(object, resource.schema);
  else resource.custom.applyDefaults(object);
  resource.default?.(object);
}
