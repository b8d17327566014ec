import { deepCopy } from '../../object/copy.ts';
import type { KubeObject } from '../../object/object.ts';
import { parseSent } from '../../object/json.ts';
import { decodeYaml } from '../../object/yaml.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodable } from '../response/encode.ts';
import { applyObjectDefaults } from '../apis/object-defaults.ts';

/**
 * What audit is told of a body: as it was sent, with defaults where it is an object. What is made of it
 * afterwards is not what somebody asked for (k8s.io/apiserver audit LogRequestObject, LogRequestPatch).
 */
export function noteObject(context: RequestContext, resource: Resource, object: KubeObject): void {
  if (context.auditLevel === 'None') return;
  const { name = '', uid = '', resourceVersion = '' } = object.metadata;
  context.requestMetadata = { name, uid, resourceVersion };
  if (!keepsBodies(context)) return;
  const copy = deepCopy(object);
  applyObjectDefaults(resource, copy);
  context.requestObject = encodable(resource, copy);
}

export function notePatch(context: RequestContext, body: Buffer): void {
  if (!keepsBodies(context)) return;
  const text = body.toString();
  try {
    context.requestObject = /^\s*[[{]/.test(text) ? parseSent(text) : decodeYaml(text).value;
  } catch {
    // what cannot be read is refused, and there is nothing to show
  }
}

function keepsBodies({ auditLevel }: RequestContext): boolean {
  return auditLevel === 'Request' || auditLevel === 'RequestResponse';
}
