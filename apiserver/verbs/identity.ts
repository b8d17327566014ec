import type { KubeObject } from '../../object/object.ts';
import { badRequest } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestInfo } from '../context.ts';

/**
 * The object in the body must be the object of the URL: first its namespace, then its name
 * (endpoints/handlers/rest.go checkName, rest.EnsureObjectNamespaceMatchesRequestNamespace).
 * Fills in a namespace the body leaves out; one on a cluster-scoped kind is nobody's.
 */
export function matchUrl(resource: Resource, object: KubeObject, info: RequestInfo): void {
  object.metadata ??= {};
  const { metadata } = object;
  if (resource.namespaced) {
    if (metadata.namespace === undefined || metadata.namespace === '') {
      metadata.namespace = info.namespace;
    } else if (metadata.namespace !== info.namespace) {
      throw badRequest(
        `the namespace of the provided object does not match the namespace sent on the request`,
      );
    }
  } else {
    delete metadata.namespace;
  }
}

/** What is written under a name must carry it; its namespace has been looked at before. */
export function matchName(object: KubeObject, info: RequestInfo): void {
  const { metadata } = object;
  const { name } = info;
  if (metadata.name === undefined || metadata.name === '') {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (metadata.name !== name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
}
