import { fieldInvalid } from '../../object/field-error.ts';
import { goQuote } from '../../object/go-format.ts';
import { type GroupVersionKind, type KubeObject, parseApiVersion } from '../../object/object.ts';
import {
  badRequest,
  invalid,
  type StatusError,
  unsupportedMediaType,
} from '../../object/status-error.ts';
import { decodeYaml } from '../../object/yaml.ts';
import { definitionFor } from '../../schema/built-in.ts';
import { decodeJson, decodeTyped, summary } from '../../schema/decode-json.ts';
import { goValueName } from '../../schema/go-type.ts';
import { decodeProtobufObject, MessageError } from '../../schema/protobuf.ts';
import { anything, strictComplaints } from '../../schema/strict-fields.ts';
import { internalGoName, versionedGoName } from '../apis/go-name.ts';
import { groupOfToday, isOlderKind } from '../apis/older-kinds.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { objectMediaTypes } from '../response/negotiate.ts';
import { noteObject } from './audited.ts';
import { mediaTypeOf, readBody } from './body.ts';
import { readFields } from './decode-fields.ts';
import type { WriteOptions } from './write-options.ts';

type FieldValidation = WriteOptions['fieldValidation'];

/**
 * The body as an object of the resource: right kind and version, unknown and duplicate fields found
 * (and dropped), warned of or refused as `fieldValidation` says.
 */
export async function decode(
  context: RequestContext,
  resource: Resource,
  fieldValidation: FieldValidation,
): Promise<KubeObject> {
  const body = await readBody(context);
  const object = decodeBody(context, resource, body, fieldValidation);
  noteObject(context, resource, object);
  return object;
}

function decodeBody(
  context: RequestContext,
  resource: Resource,
  body: Buffer,
  fieldValidation: FieldValidation,
): KubeObject {
  switch (mediaTypeOf(context)) {
    case '':
    case 'application/json':
      return fromText(context, resource, body, fieldValidation, jsonBody(resource, body));
    case 'application/yaml':
      return fromText(context, resource, body, fieldValidation, yamlBody(resource, body));
    case 'application/vnd.kubernetes.protobuf': {
      if (resource.custom !== undefined) throw unsupportedMediaType(objectMediaTypes);
      const object = protobufBody(resource, body);
      checkKind(resource, object, body);
      return object;
    }
    default:
      throw unsupportedMediaType(objectMediaTypes);
  }
}

/** A body that says neither kind nor version cannot be told what it fails to be. */
function unrecognized(resource: Resource, body: Buffer, why: string): StatusError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${resource.kind}): ${why} (${summary(body)})`,
  );
}

/** A body as a value, and what it says twice. */
interface SentText {
  value: unknown;
  /** The JSON in which a field is given twice. */
  json?: string;
  /** What YAML's strict reading says of keys given twice. */
  yaml?: string | undefined;
  /** Numbers may stand as they were written (parseWritten). */
  floats?: boolean;
}

function jsonBody(resource: Resource, body: Buffer): SentText {
  const refuse = (why: string): Error => unrecognized(resource, body, why);
  const decoded =
    resource.custom === undefined
      ? decodeTyped(body, resource.schema, refuse)
      : decodeJson(body, refuse);
  return decoded.twice ? { ...decoded, json: body.toString('utf8') } : decoded;
}

function yamlBody(resource: Resource, body: Buffer): SentText {
  try {
    const { value, duplicates } = decodeYaml(body.toString('utf8'));
    return { value, yaml: duplicates };
  } catch (error) {
    throw unrecognized(resource, body, (error as Error).message);
  }
}

function protobufBody(resource: Resource, body: Buffer): KubeObject {
  try {
    // an envelope may leave both out: the URL says what it is
    return decodeProtobufObject(body, resource);
  } catch (error) {
    if (error instanceof MessageError) throw unreadable(resource, error);
    throw unrecognized(resource, body, (error as Error).message);
  }
}

/** The envelope says what the message is, and it is not. */
function unreadable(resource: Resource, { sent, message }: MessageError): StatusError {
  const { kind } = sent;
  const gv = parseApiVersion(sent.apiVersion) ?? { group: '', version: '' };
  const why = isKind({ ...gv, kind }) ? message : conversionRefusal(resource, { ...gv, kind });
  return badRequest(
    `${kind} in version ${goQuote(gv.version)} cannot be handled as a ${resource.kind}: ${why}`,
  );
}

function fromText(
  context: RequestContext,
  resource: Resource,
  body: Buffer,
  fieldValidation: FieldValidation,
  sent: SentText,
): KubeObject {
  const object = objectOf(resource, sent.value, body);
  checkKind(resource, object, body);
  const read = readFields(resource, object, { written: sent.floats === true });
  const { unknown, wrong } = read;
  if (wrong !== undefined) {
    const { kind, version } = resource;
    throw badRequest(
      `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${wrong}`,
    );
  }
  context.wholeFloats = read.floats;
  checkFields(context, resource, unknown, fieldValidation, sent);
  return object;
}

function objectOf(resource: Resource, value: unknown, body: Buffer): KubeObject {
  const object = (value ?? {}) as KubeObject;
  const why = interpretError(object);
  if (why !== undefined) {
    throw unrecognized(resource, body, `couldn't get version/kind; json parse error: ${why}`);
  }
  if (resource.custom === undefined) {
    // a typed client's body may leave both out: the URL says what it is
    object.apiVersion ||= resource.apiVersion;
    object.kind ||= resource.kind;
  }
  object.metadata ??= {};
  return object;
}

/** Why Go cannot read kind and apiVersion out of a JSON value. */
export function interpretError(value: object): string | undefined {
  if (typeof value !== 'object' || Array.isArray(value)) {
    return `json: cannot unmarshal ${goValueName(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
  }
  const { kind, apiVersion } = value as { kind?: unknown; apiVersion?: unknown };
  // nearly every body
  if (typeof kind === 'string' && typeof apiVersion === 'string') return undefined;
  for (const [field, text] of Object.entries(value)) {
    if (field !== 'kind' && field !== 'apiVersion') continue;
    if (typeof text === 'string' || text === null) continue;
    return `json: cannot unmarshal ${goValueName(text)} into Go struct field .${field} of type string`;
  }
  return undefined;
}

/** The body's kind must be the resource's; upstream's words for each way it can be wrong. */
function checkKind(resource: Resource, object: KubeObject, body: Buffer): void {
  const { apiVersion, kind } = object;
  if (apiVersion === resource.apiVersion && kind === resource.kind) return;
  const gv = parseApiVersion(apiVersion ?? '');
  if (gv === undefined) {
    throw unrecognized(resource, body, `unexpected GroupVersion string: ${apiVersion}`);
  }
  if (resource.custom === undefined) checkConversion(resource, { ...gv, kind });
  else checkPresent(resource, { ...gv, kind: kind ?? '' }, body);
  if (apiVersion !== resource.apiVersion) {
    const also = resource.alsoVersions?.includes(apiVersion ?? '') === true;
    if (also && kind === resource.kind) return;
    throw badRequest(
      `the API version in the data (${apiVersion ?? ''}) does not match the expected API version (${resource.apiVersion})`,
    );
  }
  throw invalid({ group: resource.group, kind }, object.metadata.name ?? '', [
    fieldInvalid('kind', kind, `must be ${resource.kind}`),
  ]);
}

/** A custom object is nothing by default: it has to say what it is. */
function checkPresent(resource: Resource, sent: GroupVersionKind, body: Buffer): void {
  const text = body.toString('utf8');
  if (sent.kind === '') {
    throw unrecognized(resource, body, `Object 'Kind' is missing in '${text}'`);
  }
}

/** Where upstream's scheme of built-in types is made, which names itself in a refusal. */
const scheme = 'pkg/api/legacyscheme/scheme.go:30';

/** A built-in kind can be made of another version of itself, and of no other kind. */
function checkConversion(resource: Resource, sent: GroupVersionKind): void {
  const why = conversionRefusal(resource, sent);
  if (why === undefined) return;
  throw badRequest(
    `${sent.kind} in version ${goQuote(sent.version)} cannot be handled as a ${resource.kind}: ${why}`,
  );
}

/** Whether upstream's scheme has such a kind, or such a list. */
function isKind(sent: GroupVersionKind): boolean {
  const item = sent.kind.endsWith('List') ? sent.kind.slice(0, -'List'.length) : sent.kind;
  return [sent, { ...sent, kind: item }].some(
    (one) => definitionFor(one) !== undefined || isOlderKind(one),
  );
}

/** Why upstream's scheme cannot make an object of a built-in resource of one of another kind. */
export function conversionRefusal(resource: Resource, sent: GroupVersionKind): string | undefined {
  const gv = sent.group === '' ? sent.version : `${sent.group}/${sent.version}`;
  if (!isKind(sent)) {
    return `no kind ${goQuote(sent.kind)} is registered for version ${goQuote(gv)} in scheme ${JSON.stringify(scheme)}`;
  }
  const today = { ...sent, group: groupOfToday(sent) };
  const [from, to] = [internalGoName({ ...resource, ...today }), internalGoName(resource)];
  if (from === to) return undefined;
  return `converting (${versionedGoName(sent)}) to (${to}): unknown conversion`;
}

/** Says what the schema did not know as a warning, as a refusal, or not at all. */
export function checkFields(
  context: RequestContext,
  resource: Resource,
  unknown: string[],
  fieldValidation: FieldValidation,
  sent: Omit<SentText, 'value'> = {},
): void {
  if (fieldValidation === 'Ignore') return;
  const complaints = complaintsOf(resource, unknown, sent);
  if (complaints.length === 0) return;
  if (fieldValidation === 'Warn') {
    context.warnings.push(...complaints.flatMap(yamlLines));
    return;
  }
  throw badRequest(
    `${resource.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}: strict decoding error: ${complaints.join(', ')}`,
  );
}

/**
 * In upstream's order: what YAML says first; in JSON of a built-in type all as it is met, of a
 * custom one what is there twice before what its schema does not know.
 */
function complaintsOf(
  resource: Resource,
  unknown: string[],
  { json, yaml }: Omit<SentText, 'value'>,
): string[] {
  if (yaml !== undefined) return [yaml, ...unknown];
  if (json === undefined) return unknown;
  return resource.custom === undefined
    ? strictComplaints(json, resource.schema)
    : [...strictComplaints(json, anything), ...unknown];
}

const yamlComplaints = 'yaml: unmarshal errors:\n';

/** YAML's complaint is a warning for each of its lines. */
export function yamlLines(complaint: string): string[] {
  const at = complaint.indexOf(yamlComplaints);
  if (at < 0) return [complaint];
  return complaint
    .slice(at + yamlComplaints.length)
    .split('\n')
    .map((line) => line.trim());
}
