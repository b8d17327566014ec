import type { AdmissionDependencies } from './admission/plugins.ts';
import type { ResourceTable } from './apis/resource-table.ts';
import type { Services } from './verbs/services.ts';
import { fresh, reviseStored } from './verbs/stored.ts';

/** Reads past the cache: what admission asks when the cache knows no such object. */
export function liveReader(
  resources: ResourceTable,
  services: () => Services,
): AdmissionDependencies['readLive'] {
  return async (group, name, namespace, object) => {
    const resource = resources.findAnyVersion(group, name);
    if (resource === undefined) return undefined;
    return (await fresh(services(), resource, { namespace, name: object }))?.object;
  };
}

/** Usage of a quota is written by whoever creates what it counts. */
export function quotaWriter(
  resources: ResourceTable,
  services: () => Services,
): NonNullable<AdmissionDependencies['reviseQuota']> {
  return async (namespace, name, change) => {
    const resource = resources.findAnyVersion('', 'resourcequotas');
    if (resource === undefined) return;
    const at = { namespace, name, dryRun: false };
    await reviseStored(services(), resource, at, async ({ object }) => change(object) ?? object);
  };
}
