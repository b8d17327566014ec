import type { DeleteQuery, ListQuery, ResourceRef } from './cluster.ts';

/** URLs of the Kubernetes API: `/api/v1/...` for the core group, `/apis/<group>/<version>/...` otherwise. */

export function collectionPath(ref: ResourceRef, namespace: string): string {
  const root = ref.group === '' ? `/api/${ref.version}` : `/apis/${ref.group}/${ref.version}`;
  return ref.namespaced && namespace !== ''
    ? `${root}/namespaces/${encodeURIComponent(namespace)}/${ref.resource}`
    : `${root}/${ref.resource}`;
}

/** Throws on an empty name: without it the URL would be the whole collection's. */
export function objectPath(
  ref: ResourceRef,
  namespace: string,
  name: string,
  subresource?: string,
): string {
  if (name === '') throw new Error(`a name is needed to address one of ${ref.resource}`);
  const path = `${collectionPath(ref, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** `?labelSelector=...`, or nothing. */
export function listParameters(query: ListQuery, more: Record<string, string>): string {
  const parameters = new URLSearchParams(more);
  if (query.labelSelector !== undefined) parameters.set('labelSelector', query.labelSelector);
  if (query.fieldSelector !== undefined) parameters.set('fieldSelector', query.fieldSelector);
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

/** The body of a DELETE. */
export function deleteOptions(query: DeleteQuery): unknown {
  const { uid, resourceVersion, propagationPolicy, gracePeriodSeconds } = query;
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
  };
}
