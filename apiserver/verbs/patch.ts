import { floatOf, parseSent, parseWritten, plainFloats, writtenText } from '../../object/json.ts';
import { deepCopy } from '../../object/copy.ts';
import { fieldInvalid } from '../../object/field-error.ts';
import { goEscaped } from '../../object/json-text.ts';
import { goFormat } from '../../object/go-format.ts';
import {
  applyJsonPatch,
  checkJsonPatch,
  hasUnknownMember,
  jsonKind,
  type JsonPatchOperation,
} from '../../object/json-patch.ts';
import { applyMergePatch } from '../../object/merge-patch.ts';
import type { KubeObject } from '../../object/object.ts';
import { badRequest, invalid, unsupportedMediaType } from '../../object/status-error.ts';
import { sortedByName } from '../../object/json-by-name.ts';
import { orderMerged, orderTouched } from '../../object/patched-order.ts';
import { applyStrategicMergePatch, strategicPatchLeft } from '../../object/strategic-merge.ts';
import { scanHidden } from '../../schema/hidden.ts';
import { jsonSyntaxError } from '../../schema/json-syntax.ts';
import type { Schema } from '../../schema/schema.ts';
import { anything, strictComplaints } from '../../schema/strict-fields.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { acceptable, encodeWritten } from '../response/encode.ts';
import { apply } from './apply.ts';
import { notePatch } from './audited.ts';
import { readBody } from './body.ts';
import { readFields } from './decode-fields.ts';
import { matchName, matchUrl } from './identity.ts';
import { checkCustomKind, patchedKindRefusal } from './patched-kind.ts';
import type { Services } from './services.ts';
import { reviseObject } from './update.ts';
import { type WriteOptions, writeOptions } from './write-options.ts';

/** What each patch type needs; a custom resource has no strategic merge (it has no merge keys). */
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
];
export const builtInPatchTypes = [
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
  const { type, body, applies, options } = await receivePatch(context, resource);
  if (applies) return apply(context, resource, services, options, body);
  const written = await reviseObject(context, resource, services, options, {
    operation: 'Update',
    next: readPatch(context, resource, type, body, options),
  });
  context.answer = encodeWritten(context, resource, written);
}

/** The patch's type, if the resource takes it, else a 415. */
export function checkPatchType({ headers }: RequestContext, resource: Resource): string {
  // written as they are, and whatever stands behind
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  const supported = resource.custom === undefined ? builtInPatchTypes : patchTypes;
  if (!supported.includes(type)) throw unsupportedMediaType(supported);
  return type;
}

/** A patch as sent: its type is one that the resource takes, else a 415. */
export async function receivePatch(
  context: RequestContext,
  resource: Resource,
): Promise<{ type: string; body: Buffer; applies: boolean; options: WriteOptions }> {
  const type = checkPatchType(context, resource);
  acceptable(context, resource);
  const body = await readBody(context);
  const applies = type === 'application/apply-patch+yaml';
  const options = writeOptions(context, 'PatchOptions', applies);
  notePatch(context, body);
  return { type, body, applies, options };
}

/** What the patch makes of an object of the resource; what is wrong with the patch shows where there is one. */
export function readPatch(
  context: RequestContext,
  resource: Resource,
  type: string,
  body: Buffer,
  { fieldValidation }: WriteOptions,
): (old: KubeObject) => KubeObject {
  const strategic = type === 'application/strategic-merge-patch+json';
  let read: ParsedPatch | undefined;
  return (old) => {
    read ??= parsePatch(type, body, fieldValidation);
    const { parsed, complaints, written } = read;
    const change = patcher(type, parsed, resource);
    const next = change(old);
    const inOrder = strategic ? undefined : () => ordered(type, parsed, resource, old);
    const shown = (): string =>
      inOrder === undefined
        ? goFormat(strategicPatchLeft(old, parsed as object, resource.schema))
        : goEscaped(writtenText(inOrder()));
    const made = { complaints, inOrder, written, shown };
    checkPatched(context, resource, next, fieldValidation, made);
    matchUrl(resource, next, context.info);
    matchName(next, context.info);
    // of a status nothing else is looked at
    if (resource.custom !== undefined && context.info.subresource === '') {
      checkCustomKind(resource, next);
    }
    return next;
  };
}

/** What a JSON or merge patch makes of an object, with its fields in upstream's order. */
function ordered(type: string, parsed: unknown, resource: Resource, old: KubeObject): KubeObject {
  const before = resource.custom === undefined ? old : sortedByName(old);
  if (type === 'application/merge-patch+json') {
    return deepCopy(orderMerged(applyMergePatch(before, parsed), before, parsed)) as KubeObject;
  }
  const touched = new Set<object>();
  const patched = applyJsonPatch(before, parsed as readonly JsonPatchOperation[], touched);
  return orderTouched(patched, touched) as KubeObject;
}

/**
 * What a patch made of an object must be one. `shown` stands for it in the refusal, as upstream;
 * `complaints` are about the patch itself. What is wrong is told in the order of `inOrder`, which a
 * strategic merge has not.
 */
function checkPatched(
  context: RequestContext,
  resource: Resource,
  next: KubeObject,
  fieldValidation: WriteOptions['fieldValidation'],
  patch: {
    complaints: readonly string[];
    inOrder: (() => KubeObject) | undefined;
    written: boolean;
    shown: () => string;
  },
): void {
  const refusal = (why: string): Error =>
    invalid({ group: '', kind: '' }, '', [fieldInvalid('patch', patch.shown(), why)]);
  const { inOrder, written } = patch;
  const words = inOrder === undefined ? 'conversion' : 'json';
  const unlike =
    inOrder === undefined ? undefined : patchedKindRefusal(resource, next, patch.shown);
  if (unlike !== undefined) throw refusal(unlike);
  let { unknown, wrong, floats } = readFields(resource, next, { words, written });
  if (inOrder !== undefined && (wrong !== undefined || unknown.length > 1)) {
    ({ unknown, wrong } = readFields(resource, inOrder(), { words, written }));
  }
  if (wrong !== undefined) throw refusal(wrong);
  context.wholeFloats = floats;
  const complaints = [...patch.complaints, ...unknown];
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
    const operations = parsed as readonly JsonPatchOperation[];
    return (old) => applyJsonPatch(old, operations);
  }
  if (type === 'application/merge-patch+json') {
    // what the patch does not touch is shared with the cached object, which nobody may change
    return (old) => deepCopy(applyMergePatch(old, parsed));
  }
  return (old) => applyStrategicMergePatch(old, parsed as object, resource.schema);
}

interface ParsedPatch {
  parsed: unknown;
  /** What strictness finds in the patch itself: fields given twice, unknown members of operations. */
  complaints: string[];
  /** Numbers may stand as they were written (parseWritten). */
  written: boolean;
}

function parsePatch(
  type: string,
  body: Buffer,
  fieldValidation: WriteOptions['fieldValidation'],
): ParsedPatch {
  const strategic = type === 'application/strategic-merge-patch+json';
  const strict = fieldValidation !== 'Ignore';
  const merge = type === 'application/merge-patch+json';
  // who looks for no unknown fields hears the patch library alone
  const unread = (why: string): string => (merge ? invalidPatch : why);
  const refused = (why: string): Error =>
    badRequest(strategic ? why : strict ? `error decoding patch: ${why}` : unread(why));
  const text = body.toString('utf8');
  let parsed: unknown;
  try {
    parsed = parseSent(text);
  } catch (error) {
    throw refused(jsonSyntaxError(text) ?? (error as Error).message);
  }
  const hidden = scanHidden(body);
  if (hidden === undefined) throw refused('exceeded max depth');
  const { twice, floats } = hidden;
  const written = floats && !strategic;
  if (floats && (strict || strategic)) checkFloats(text, type, refused);
  if (written) parsed = parseWritten(text);
  if (type === 'application/json-patch+json') {
    const types = strict ? strictTypes : libraryTypes;
    const operations = operationsOf(parsed, refused, types);
    const odd = strict && (twice || hasUnknownMember(operations));
    const complaints = odd ? strictComplaints(text, operationList) : [];
    return {
      parsed: operations,
      complaints: complaints.map((one) => `json patch ${one}`),
      written,
    };
  }
  if (parsed === null && !strategic) throw badRequest(invalidPatch);
  const value = parsed ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw refused(cannotUnmarshal(value, 'map[string]interface {}'));
  }
  const complaints = strict && twice ? strictComplaints(text, anything) : [];
  return { parsed: value, complaints, written };
}

/** Strictness, and a strategic merge, read every number of a patch. */
function checkFloats(text: string, type: string, refused: (why: string) => Error): void {
  const into = type === 'application/json-patch+json' ? 'struct field jsonPatchOp.value' : 'value';
  plainFloats(parseWritten(text), (_path, written) => {
    if (Number.isFinite(floatOf(written))) return;
    const shown = `number ${written.description}`;
    throw refused(`json: cannot unmarshal ${shown} into Go ${into} of type float64`);
  });
}

const invalidPatch = 'Invalid JSON Patch';

/** What a JSON patch is read into, and each of its operations. */
interface GoTypes {
  list: string;
  operation: string;
}

const strictTypes: GoTypes = { list: '[]handlers.jsonPatchOp', operation: 'handlers.jsonPatchOp' };
const libraryTypes: GoTypes = { list: 'jsonpatch.Patch', operation: 'jsonpatch.Operation' };

const cannotUnmarshal = (value: unknown, goType: string): string =>
  `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${goType}`;

/** Upstream's handlers.jsonPatchOp. */
const operationList: Schema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      op: { type: 'string' },
      path: { type: 'string' },
      from: { type: 'string' },
      value: anything,
    },
  },
};

function operationsOf(
  parsed: unknown,
  refused: (why: string) => Error,
  types: GoTypes,
): readonly JsonPatchOperation[] {
  const list = parsed ?? [];
  if (!Array.isArray(list)) throw refused(cannotUnmarshal(list, types.list));
  const operations: object[] = list.map((one: unknown) => one ?? {});
  for (const one of operations) {
    if (typeof one !== 'object' || Array.isArray(one)) {
      throw refused(cannotUnmarshal(one, types.operation));
    }
    for (const [field, value] of Object.entries(one)) {
      const isText = field === 'op' || field === 'path' || field === 'from';
      if (!isText || typeof value === 'string' || value === null) continue;
      throw refused(
        `json: cannot unmarshal ${jsonKind(value)} into Go struct field jsonPatchOp.${field} of type string`,
      );
    }
  }
  return checkJsonPatch(operations);
}
