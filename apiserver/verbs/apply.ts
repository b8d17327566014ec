import { parseSent } from '../../object/json.ts';
import { deepCopy } from '../../object/copy.ts';
import { decodeYaml } from '../../object/yaml.ts';
import { type GroupVersionKind, type KubeObject, parseApiVersion } from '../../object/object.ts';
import { type Apply, applyPatch } from '../../object/managed-fields/apply.ts';
import { badRequest, conflict, StatusError } from '../../object/status-error.ts';
import { scanHidden } from '../../schema/hidden.ts';
import { goValueName } from '../../schema/go-type.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeWritten } from '../response/encode.ts';
import { createObject, mayCreate } from './create.ts';
import { yamlLines } from './decode.ts';
import { readFields } from './decode-fields.ts';
import { matchName, matchUrl } from './identity.ts';
import { knownVersion, resetPaths } from './managed.ts';
import { applyInVersions } from './managed-versions.ts';
import type { Services } from './services.ts';
import { current, fresh } from './stored.ts';
import { reviseObject } from './update.ts';
import type { WriteOptions } from './write-options.ts';

/**
 * Server-side apply (KEP-555): the body is what one manager wants of the object; fields it named
 * before and names no more go, fields of others are conflicts unless forced. Creates what is not there.
 */
export async function apply(
  context: RequestContext,
  resource: Resource,
  services: Services,
  options: WriteOptions,
  body: Buffer,
): Promise<void> {
  const { manager, merge } = readApply(context, resource, services, options, body);
  const { namespace, name, subresource } = context.info;
  const at = { namespace, name };
  const existing = (await current(services, resource, at)) ?? (await fresh(services, resource, at));
  if (existing === undefined && subresource === '') {
    await mayCreate(context, services);
    const wanted = await merge(undefined);
    const { uid } = wanted.metadata;
    if (uid !== undefined && uid !== '') {
      throw conflict(
        { group: resource.group, resource: resource.resource },
        name,
        `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      );
    }
    const made = await createObject(context, resource, services, wanted, {
      ...options,
      fieldManager: manager,
      managed: true,
    });
    context.answer = encodeWritten(context, resource, made, 201);
    return;
  }
  const written = await reviseObject(
    context,
    resource,
    services,
    { ...options, fieldManager: manager },
    { operation: 'Apply', managed: true, next: (old) => merge(old) },
  );
  context.answer = encodeWritten(context, resource, written);
}

/** What a body makes of an object of the resource, or of none. */
export function readApply(
  context: RequestContext,
  resource: Resource,
  services: Services,
  options: WriteOptions,
  body: Buffer,
): {
  manager: string;
  merge(live: KubeObject | undefined): Promise<KubeObject>;
} {
  const manager = context.query.get('fieldManager') ?? '';
  const { subresource } = context.info;
  const reset = resetPaths(resource, subresource);
  let read: ReturnType<typeof parseConfig> | undefined;
  const merge = async (live: KubeObject | undefined): Promise<KubeObject> => {
    read ??= parseConfig(body, resource);
    const { config, duplicates } = read;
    const asked: Apply = {
      live,
      config,
      schema: resource.schema,
      manager,
      apiVersion: resource.apiVersion,
      force: options.force,
      subresource,
      now: services.now(),
      served: knownVersion(resource),
      ...(reset === undefined ? {} : { reset }),
    };
    const applied = applyPatch({ ...asked, ...(await applyInVersions(resource, asked)) });
    // the result shares data with the cached object, which nobody may change
    const object = typedObject(resource, deepCopy(applied.object), config);
    checkDuplicates(context, options.fieldValidation, duplicates);
    if (applied.managedFields === undefined) delete object.metadata.managedFields;
    else object.metadata.managedFields = applied.managedFields;
    matchUrl(resource, object, context.info);
    matchName(object, context.info);
    return object;
  };
  return { manager, merge };
}

/**
 * What was merged, in its canonical form. Ownership and conflicts were decided before, by the values
 * as they were sent (apimachinery util/managedfields structuredmerge.go).
 */
function typedObject(resource: Resource, merged: KubeObject, config: KubeObject): KubeObject {
  const { wrong } = readFields(resource, merged, { words: 'conversion' });
  if (wrong === undefined) return merged;
  const { name = '', namespace = '' } = config.metadata ?? {};
  const kind = kindText(resource);
  const why = `unable to convert unstructured object to ${kind}: ${wrong}`;
  throw new StatusError(
    500,
    '',
    `failed to convert new object (${namespace}/${name}; ${kind}) to proper version: ${why}`,
  );
}

/** Keys given twice, as YAML's strict reading tells of them. */
function checkDuplicates(
  context: RequestContext,
  fieldValidation: WriteOptions['fieldValidation'],
  duplicates: string | undefined,
): void {
  if (duplicates === undefined || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Warn') {
    context.warnings.push(...yamlLines(duplicates));
    return;
  }
  throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${duplicates}`);
}

function parseConfig(
  body: Buffer,
  resource: Resource,
): { config: KubeObject; duplicates: string | undefined } {
  const { value, duplicates } = parseText(body);
  const object = (value ?? {}) as KubeObject;
  if (typeof object !== 'object' || Array.isArray(object)) {
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${goValueName(object)} into Go value of type map[string]interface {}`,
    );
  }
  if (object.apiVersion !== resource.apiVersion || object.kind !== resource.kind) {
    throw badRequest(`invalid object type: ${kindText(sentKind(object))}`);
  }
  object.metadata ??= {};
  return { config: object, duplicates };
}

/** As Go writes a GroupVersionKind. */
function kindText({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}, Kind=${kind}`;
}

/** What an object says it is: nothing where its version is none. */
function sentKind({
  apiVersion,
  kind,
}: {
  apiVersion?: unknown;
  kind?: unknown;
}): GroupVersionKind {
  const none = { group: '', version: '' };
  const gv =
    typeof apiVersion === 'string' && apiVersion !== '' ? parseApiVersion(apiVersion) : none;
  if (gv === undefined) return { ...none, kind: '' };
  return { ...gv, kind: typeof kind === 'string' ? kind : '' };
}

/** Most clients send JSON, which is YAML too; only where a key comes twice YAML has more to say. */
function parseText(body: Buffer): { value: unknown; duplicates: string | undefined } {
  const text = body.toString('utf8');
  if (body[0] === 0x7b) {
    try {
      const value = parseSent(text);
      if (scanHidden(body)?.twice === false) return { value, duplicates: undefined };
    } catch {
      // a flow mapping begins with a brace too
    }
  }
  try {
    return decodeYaml(text);
  } catch (error) {
    throw badRequest(
      `error decoding YAML: error converting YAML to JSON: ${(error as Error).message}`,
    );
  }
}
