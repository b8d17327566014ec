import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../object/object.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { canonical } from '../../schema/decode.ts';
import { applyObjectDefaults } from '../apis/object-defaults.ts';
import type { CustomBehaviour } from '../apis/resource.ts';
import type { AdmissionRequest } from './plugin.ts';
import type { WebhookOptions } from './webhook/dispatch.ts';

/**
 * Changes the object of a request in place, by way of the apiVersion in which the change is made. Gives
 * whether it is another one now; throws what `change` throws.
 */
export async function changeObject(
  request: AdmissionRequest,
  apiVersion: string,
  { convert }: Pick<WebhookOptions, 'convert'>,
  change: (seen: KubeObject) => KubeObject,
): Promise<boolean> {
  const { resource, object } = request;
  if (object === undefined) return false;
  const foreign = apiVersion !== resource.apiVersion && convert !== undefined;
  const next = change(foreign ? await convert(object, resource, apiVersion) : object);
  const back = foreign ? await convert(next, resource, resource.apiVersion) : next;
  if (isDeepStrictEqual(back, object)) return false;
  if (back.apiVersion !== object.apiVersion || back.kind !== object.kind) {
    throw new Error('the kind of the object must not be changed');
  }
  if (back.kind === resource.kind) {
    if (resource.custom !== undefined) dropUnreadable(back, resource.custom);
    // whoever changes it next is shown the defaults of what was added
    applyObjectDefaults(resource, back, true);
  }
  replaceContents(object, back);
  request.changed = true;
  return true;
}

/** What upstream's store leaves out of a custom object that it reads: unknown fields, malformed metadata. */
function dropUnreadable(object: KubeObject, custom: CustomBehaviour): void {
  custom.prune(object);
  const metadata = object.metadata as unknown as Record<string, unknown>;
  const schema = builtInSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  for (const [name, value] of Object.entries(metadata)) {
    const field = { [name]: value };
    if (canonical(field, schema).wrong !== undefined || !(name in field)) delete metadata[name];
  }
}

/** In place: others hold the object. */
function replaceContents(object: KubeObject, next: KubeObject): void {
  for (const field of Object.keys(object)) delete object[field];
  Object.assign(object, next);
}
