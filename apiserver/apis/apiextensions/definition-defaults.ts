import { type KubeObject, timestamp } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';

/** CustomResourceDefinitions (apiextensions v1 defaults, customresourcedefinition strategy). */
export function defaultDefinition(definition: KubeObject): void {
  definition.spec ??= {};
  const { spec } = definition;
  const kind: string = spec.names?.kind ?? '';
  if (spec.names !== undefined && kind !== '') {
    if (!spec.names.singular) spec.names.singular = kind.toLowerCase();
    if (!spec.names.listKind) spec.names.listKind = `${kind}List`;
  }
  spec.conversion ??= { strategy: 'None' };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service !== undefined) service.port ??= 443;
  definition.status ??= emptyStatus();
  if ((definition.status.storedVersions ?? []).length === 0) recordStoredVersion(definition);
}

/** Upstream's list of conditions is null until there is one. */
function emptyStatus(): Plain {
  return { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: [] };
}

export function prepareNewDefinition(definition: KubeObject): void {
  definition.status = emptyStatus();
  recordStoredVersion(definition);
}

/** From the moment a version is the storage version, objects of it may lie in etcd. */
export function recordStoredVersion(definition: KubeObject): void {
  const version = (definition.spec.versions ?? []).find((v: Plain) => v.storage === true);
  if (version === undefined) return;
  const storage: string = version.name ?? '';
  definition.status = { ...(definition.status ?? emptyStatus()) };
  const stored: string[] = definition.status.storedVersions ?? [];
  if (!stored.includes(storage)) definition.status.storedVersions = [...stored, storage];
}

/** Keeps a definition until its objects are gone; the server that serves them takes it away. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** The first DELETE marks the definition: its objects go before it (customresourcedefinition REST). */
export function markForCleanup(definition: KubeObject, now: Date): KubeObject | undefined {
  const { metadata } = definition;
  if (metadata.deletionTimestamp != null) return undefined;
  const { finalizers = [] } = metadata;
  const at = timestamp(now);
  const terminating: Plain = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: at,
    reason: 'InstanceDeletionPending',
    message:
      'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  const others = (definition.status?.conditions ?? []).filter(
    (condition: Plain) => condition.type !== 'Terminating',
  );
  return {
    ...definition,
    metadata: {
      ...metadata,
      deletionTimestamp: at,
      finalizers: finalizers.includes(cleanupFinalizer)
        ? finalizers
        : [...finalizers, cleanupFinalizer],
    },
    status: { ...definition.status, conditions: [...others, terminating] },
  };
}
