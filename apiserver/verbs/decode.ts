import { fieldInvalid } from '../../object/field-error.ts';
import { type GroupVersionKind, type KubeObject, parseApiVersion } from '../../object/object.ts';
import { badRequest, invalid, unsupportedMediaType } from '../../object/status-error.ts';
import { parseYaml } from '../../object/yaml.ts';
import { definitionFor } from '../../schema/built-in.ts';
import { decodeJson, normalise, summary } from '../../schema/decode.ts';
import { decodeProtobufObject } from '../../schema/protobuf.ts';
import { internalGoName, versionedGoName } from '../apis/go-name.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { customMediaTypes, objectMediaTypes } from '../response/negotiate.ts';
import { mediaTypeOf, readBody } from './body.ts';
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
  context.requestObject = object;
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
    case '*/*':
      return fromJson(context, resource, body, fieldValidation);
    case 'application/yaml': {
      const object = objectOf(resource, yamlBody(body));
      checkKind(resource, object, body);
      checkFields(context, resource, object, fieldValidation);
      return object;
    }
    case 'application/vnd.kubernetes.protobuf': {
      if (resource.custom !== undefined) throw unsupportedMediaType(customMediaTypes);
      const object = protobufBody(body);
      checkKind(resource, object, body);
      return object;
    }
    default:
      throw unsupportedMediaType(
        resource.custom === undefined ? objectMediaTypes : customMediaTypes,
      );
  }
}

function fromJson(
  context: RequestContext,
  resource: Resource,
  body: Buffer,
  fieldValidation: FieldValidation,
): KubeObject {
  const decoded = decodeJson(body, { duplicates: fieldValidation !== 'Ignore' });
  const object = objectOf(resource, decoded.value);
  checkKind(resource, object, body);
  checkFields(context, resource, object, fieldValidation, decoded.duplicates);
  return object;
}

function yamlBody(body: Buffer): unknown {
  try {
    return parseYaml(body.toString('utf8'));
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${(error as Error).message}`);
  }
}

function protobufBody(body: Buffer): KubeObject {
  try {
    return decodeProtobufObject(body);
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}

function objectOf(resource: Resource, value: unknown): KubeObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const object = value as KubeObject;
  if (resource.custom === undefined) {
    // a typed client's body may leave both out: the URL says what it is
    object.apiVersion ||= resource.apiVersion;
    object.kind ||= resource.kind;
  }
  object.metadata ??= {};
  return object;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}

/** The body's kind must be the resource's; upstream's words for each way it can be wrong. */
function checkKind(resource: Resource, object: KubeObject, body: Buffer): void {
  const { apiVersion, kind } = object;
  if (apiVersion === resource.apiVersion && kind === resource.kind) return;
  const gv = parseApiVersion(apiVersion ?? '');
  if (gv === undefined) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): unexpected GroupVersion string: ${apiVersion} (${summary(body)})`,
    );
  }
  if (resource.custom === undefined) checkConversion(resource, { ...gv, kind });
  if (resource.custom !== undefined && (kind === undefined || kind === '')) {
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(object)}'`);
  }
  if (apiVersion !== resource.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion ?? ''}) does not match the expected API version (${resource.apiVersion})`,
    );
  }
  throw invalid({ group: resource.group, kind }, object.metadata.name ?? '', [
    fieldInvalid('kind', kind, `must be ${resource.kind}`),
  ]);
}

/** Where upstream's scheme of built-in types is made, which names itself in a refusal. */
const scheme = 'k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30';

/** A built-in kind can be made of another version of itself, and of no other kind. */
function checkConversion(resource: Resource, sent: GroupVersionKind): void {
  const handled = `${sent.kind} in version ${JSON.stringify(sent.version)} cannot be handled as a ${resource.kind}`;
  const gv = sent.group === '' ? sent.version : `${sent.group}/${sent.version}`;
  const item = sent.kind.endsWith('List') ? sent.kind.slice(0, -'List'.length) : sent.kind;
  if (definitionFor(sent) === undefined && definitionFor({ ...sent, kind: item }) === undefined) {
    throw badRequest(
      `${handled}: no kind ${JSON.stringify(sent.kind)} is registered for version ${JSON.stringify(gv)} in scheme ${JSON.stringify(scheme)}`,
    );
  }
  const [from, to] = [internalGoName({ ...resource, ...sent }), internalGoName(resource)];
  if (from === to) return;
  throw badRequest(
    `${handled}: converting (${versionedGoName(sent)}) to (${to}): unknown conversion`,
  );
}

/** Brings the object into its canonical form; what had to go for it, in upstream's words. */
export function dropUnknown(resource: Resource, object: KubeObject): string[] {
  const unknown =
    resource.custom === undefined
      ? normalise(object, resource.schema, { kind: resource.kind, version: resource.version })
      : resource.custom.prune(object);
  return unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
}

/** Drops what the schema does not know; says so as a warning, as a refusal, or not at all. */
export function checkFields(
  context: RequestContext,
  resource: Resource,
  object: KubeObject,
  fieldValidation: FieldValidation,
  duplicates: readonly string[] = [],
): void {
  const complaints = [
    ...dropUnknown(resource, object),
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
  ];
  if (complaints.length === 0 || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Warn') {
    context.warnings.push(...complaints);
    return;
  }
  throw badRequest(
    `${resource.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}: strict decoding error: ${complaints.join(', ')}`,
  );
}
