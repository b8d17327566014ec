import { apiVersionOf, type KubeObject } from '../../object/object.ts';
import { schemaFor } from '../../schema/built-in.ts';
import { inFieldOrder } from '../../schema/field-order.ts';
import type { Resource } from '../apis/resource.ts';

/** Between the version of an object that a resource serves and the one that is stored. */

/** From the stored version of a built-in kind to the one this resource serves. */
export function toServed(resource: Resource, object: KubeObject): KubeObject {
  if (object.apiVersion === resource.apiVersion && object.kind === resource.kind) return object;
  if (resource.fromStored !== undefined) return resource.fromStored(object);
  return { ...object, apiVersion: resource.apiVersion, kind: resource.kind };
}

/** From the served version of a built-in kind to what is stored. */
export function toStored(resource: Resource, object: KubeObject): KubeObject {
  const { group, version, kind } = resource.storedAs;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  if (object.apiVersion === apiVersion && object.kind === kind) return object;
  if (resource.toStored !== undefined) return resource.toStored(object);
  return { ...object, apiVersion, kind };
}

/** What a write stores of an {@link encodable} object. */
export async function forStorage(resource: Resource, object: KubeObject): Promise<KubeObject> {
  const convert = resource.custom?.convert;
  if (convert === undefined) {
    const stored = toStored(resource, object);
    const schema = stored === object ? undefined : schemaFor(resource.storedAs);
    return schema === undefined ? stored : inFieldOrder(stored, schema);
  }
  const apiVersion = apiVersionOf(resource.storedAs);
  if (object.apiVersion === apiVersion) return object;
  const { resourceVersion: _, ...metadata } = object.metadata;
  const [stored] = await convert([{ ...object, metadata }], apiVersion);
  return stored as KubeObject;
}
