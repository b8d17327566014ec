import { deepCopy } from '../../object/copy.ts';
import { fieldInvalid } from '../../object/field-error.ts';
import { goFormat } from '../../object/go-format.ts';
import { applyJsonPatch, checkJsonPatch } from '../../object/json-patch.ts';
import { applyMergePatch } from '../../object/merge-patch.ts';
import type { KubeObject } from '../../object/object.ts';
import {
  badRequest,
  invalid,
  StatusError,
  unsupportedMediaType,
} from '../../object/status-error.ts';
import { applyStrategicMergePatch } from '../../object/strategic-merge.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeWritten } from '../response/encode.ts';
import { apply } from './apply.ts';
import { mediaTypeOf, readBody } from './body.ts';
import { dropUnknown } from './decode.ts';
import { matchName, matchUrl } from './identity.ts';
import type { Services } from './services.ts';
import { reviseObject } from './update.ts';
import { type WriteOptions, writeOptions } from './write-options.ts';

/** What each patch type needs; a custom resource has no strategic merge (it has no merge keys). */
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
];
const builtInPatchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/** PATCH: the change is computed against the object as it is now, as often as somebody else writes first. */
export async function patch(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  const type = mediaTypeOf(context);
  const supported = resource.custom === undefined ? builtInPatchTypes : patchTypes;
  if (!supported.includes(type)) throw unsupportedMediaType(supported);
  const options = writeOptions(context, 'PatchOptions');
  const body = await readBody(context);
  if (type === 'application/apply-patch+yaml') {
    return apply(context, resource, services, options, body);
  }
  if (context.query.has('force')) throw forceForbidden();
  const parsed = parsePatch(body);
  const change = patcher(type, parsed, resource);
  const { name } = context.info;
  const written = await reviseObject(context, resource, services, options, {
    operation: 'Update',
    next(old) {
      const next = change(old);
      const shown = (): string =>
        type === 'application/strategic-merge-patch+json'
          ? goFormat(parsed)
          : JSON.stringify(change(old));
      checkPatched(context, resource, next, options.fieldValidation, shown);
      matchName(next, name);
      matchUrl(resource, next, context.info);
      return next;
    },
  });
  context.answer = encodeWritten(context, resource, written);
}

function forceForbidden(): Error {
  return badRequest(
    'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
  );
}

/** What a patch made of an object must be one; `shown` stands for it in the refusal, as upstream. */
function checkPatched(
  context: RequestContext,
  resource: Resource,
  next: KubeObject,
  fieldValidation: WriteOptions['fieldValidation'],
  shown: () => string,
): void {
  const refusal = (why: string): Error =>
    invalid({ group: '', kind: '' }, '', [fieldInvalid('patch', shown(), why)]);
  let complaints: string[];
  try {
    complaints = dropUnknown(resource, next);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw refusal(error.message.replace(/^.* cannot be handled as a [^:]*: /, ''));
  }
  if (complaints.length === 0 || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Warn') {
    context.warnings.push(...complaints);
    return;
  }
  throw refusal(`strict decoding error: ${complaints.join(', ')}`);
}

function patcher(
  type: string,
  parsed: unknown,
  resource: Resource,
): (old: KubeObject) => KubeObject {
  if (type === 'application/json-patch+json') {
    const operations = checkJsonPatch(parsed);
    return (old) => applyJsonPatch(old, operations);
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw badRequest('the patch must be a JSON object');
  }
  if (type === 'application/merge-patch+json') {
    // what the patch does not touch is shared with the cached object, which nobody may change
    return (old) => deepCopy(applyMergePatch(old, parsed));
  }
  return (old) => applyStrategicMergePatch(old, parsed, resource.schema);
}

function parsePatch(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}
