import { deepEqual } from '../../object/equal.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  fieldTooLong,
} from '../../object/field-error.ts';
import {
  byteLength,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
  labelValueErrors,
  pathSegmentErrors,
} from '../../object/name.ts';
import {
  type ManagedFieldsEntry,
  type ObjectMeta,
  type OwnerReference,
  parseApiVersion,
} from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { NameRule } from '../apis/resource.ts';

/** Is metadata well formed? Source: k8s.io/apimachinery api/validation, meta/v1/validation. */

/** Keys and values of all annotations together. */
export const maxAnnotationBytes = 256 * 1024;
const maxManagerBytes = 128;
const maxSubresourceBytes = 256;
const immutable = 'field is immutable';

export interface MetadataRules {
  nameRule: NameRule;
  namespaced: boolean;
}

/**
 * What is wrong with a name; none when valid. A prefix (generateName) may end in a dash.
 */
export function nameValid(rule: NameRule, name: string, prefix = false): readonly string[] {
  if (rule === 'path-segment') return pathSegmentErrors(name, prefix);
  const checked = prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
  return rule === 'dns-label' ? dns1123LabelErrors(checked) : dns1123SubdomainErrors(checked);
}

/** Metadata of an object about to be created; its name has been generated already. */
export function validateMetadata(
  metadata: ObjectMeta,
  { nameRule, namespaced }: MetadataRules,
  path = 'metadata',
): StatusCause[] {
  const causes: StatusCause[] = [];
  const { name, generateName, namespace } = metadata;
  if (generateName) {
    for (const why of nameValid(nameRule, generateName, true)) {
      causes.push(fieldInvalid(`${path}.generateName`, generateName, why));
    }
  }
  if (!name) {
    causes.push(fieldRequired(`${path}.name`, 'name or generateName is required'));
  } else {
    for (const why of nameValid(nameRule, name)) {
      causes.push(fieldInvalid(`${path}.name`, name, why));
    }
  }
  if (!namespaced) {
    if (namespace) causes.push(fieldForbidden(`${path}.namespace`, 'not allowed on this type'));
  } else if (!namespace) {
    causes.push(fieldRequired(`${path}.namespace`));
  } else {
    for (const why of dns1123LabelErrors(namespace)) {
      causes.push(fieldInvalid(`${path}.namespace`, namespace, why));
    }
  }
  if ((metadata.generation ?? 0) < 0) {
    causes.push(
      fieldInvalid(`${path}.generation`, metadata.generation, 'must be greater than or equal to 0'),
    );
  }
  const parts = judgeParts(metadata, path);
  return [...causes, ...parts.described, ...parts.finalizers, ...parts.managed];
}

/** What is wrong with the metadata of a change, in upstream's order. */
export interface ChangedMetadata {
  /** By the rules of a new object (ValidateObjectMeta); of the names only the prefix can be new. */
  asNew: StatusCause[];
  /** By the rules of a change (ValidateObjectMetaUpdate). */
  asChange: StatusCause[];
}

/** Both look at the same parts, which are judged once. `nameRule` is for generateName. */
export function validateChangedMetadata(
  next: ObjectMeta,
  old: ObjectMeta,
  nameRule: NameRule = 'path-segment',
): ChangedMetadata {
  const path = 'metadata';
  const { described, finalizers, managed } = judgeParts(next, path, old);
  return {
    asNew: [...prefixCauses(next, old, nameRule), ...described, ...finalizers, ...managed],
    asChange: [...immutableCauses(next, old, path), ...described, ...managed],
  };
}

/** What was sent with an update is not used, and yet judged. */
export function prefixCauses(
  { generateName }: ObjectMeta,
  old: ObjectMeta,
  nameRule: NameRule,
): StatusCause[] {
  if (!generateName || generateName === old.generateName) return [];
  return nameValid(nameRule, generateName, true).map((why) =>
    fieldInvalid('metadata.generateName', generateName, why),
  );
}

/** What may not change. */
function immutableCauses(next: ObjectMeta, old: ObjectMeta, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (old.deletionTimestamp) {
    const had = new Set(old.finalizers ?? []);
    const extra = [...new Set(next.finalizers ?? [])].filter((name) => !had.has(name)).sort();
    if (extra.length > 0) {
      const shown = `[]string{${extra.map((name) => JSON.stringify(name)).join(', ')}}`;
      causes.push(
        fieldForbidden(
          `${path}.finalizers`,
          `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
        ),
      );
    }
  }
  if ((next.generation ?? 0) < (old.generation ?? 0)) {
    causes.push(
      fieldInvalid(`${path}.generation`, next.generation ?? 0, 'must not be decremented'),
    );
  }
  for (const field of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const) {
    const value = next[field];
    if ((value || undefined) !== (old[field] || undefined)) {
      causes.push(fieldInvalid(`${path}.${field}`, value ?? emptyOf(field), immutable));
    }
  }
  return causes;
}

/** What upstream shows for a field that was taken away: strings are empty, pointers null. */
function emptyOf(field: string): '' | null {
  return field === 'name' || field === 'namespace' || field === 'uid' ? '' : null;
}

/** Labels, annotations and owners; between them and the managed fields only what is new has finalizers judged. */
interface PartCauses {
  described: StatusCause[];
  finalizers: StatusCause[];
  managed: StatusCause[];
}

/** Parts shared with the old object were judged when they came in. */
function judgeParts(metadata: ObjectMeta, path: string, old?: ObjectMeta): PartCauses {
  const found: PartCauses = { described: [], finalizers: [], managed: [] };
  const { labels, annotations, ownerReferences, finalizers, managedFields } = metadata;
  if (labels && labels !== old?.labels) validateLabels(found.described, labels, `${path}.labels`);
  if (annotations && annotations !== old?.annotations) {
    validateAnnotations(found.described, annotations, `${path}.annotations`);
  }
  if (ownerReferences && ownerReferences !== old?.ownerReferences) {
    validateOwners(found.described, ownerReferences, `${path}.ownerReferences`);
  }
  if (finalizers && finalizers !== old?.finalizers) {
    validateFinalizers(found.finalizers, finalizers, `${path}.finalizers`);
  }
  if (managedFields && managedFields !== old?.managedFields) {
    validateManagedFields(found.managed, managedFields, `${path}.managedFields`);
  }
  return found;
}

export function validateLabels(
  causes: StatusCause[],
  labels: Readonly<Record<string, string>>,
  path: string,
): void {
  for (const key of Object.keys(labels)) {
    const value = labels[key] as string;
    for (const why of labelKeyErrors(key)) causes.push(fieldInvalid(path, key, why));
    for (const why of labelValueErrors(value)) causes.push(fieldInvalid(path, value, why));
  }
}

export function validateAnnotations(
  causes: StatusCause[],
  annotations: Readonly<Record<string, string>>,
  path: string,
): void {
  let size = 0;
  for (const key of Object.keys(annotations)) {
    for (const why of labelKeyErrors(key.toLowerCase())) causes.push(fieldInvalid(path, key, why));
    size += byteLength(key) + byteLength(annotations[key] as string);
  }
  if (size > maxAnnotationBytes) causes.push(fieldTooLong(path, maxAnnotationBytes));
}

function validateOwners(
  causes: StatusCause[],
  owners: readonly OwnerReference[],
  path: string,
): void {
  let controller = '';
  for (const owner of owners) {
    const { apiVersion, kind, name, uid } = owner;
    if (!parseApiVersion(apiVersion ?? '')?.version) {
      causes.push(
        fieldInvalid(`${path}.apiVersion`, apiVersion ?? '', 'version must not be empty'),
      );
    }
    if (!kind) causes.push(fieldInvalid(`${path}.kind`, '', 'must not be empty'));
    if (!name) causes.push(fieldInvalid(`${path}.name`, '', 'must not be empty'));
    if (!uid) causes.push(fieldInvalid(`${path}.uid`, '', 'must not be empty'));
    if (apiVersion === 'v1' && kind === 'Event') {
      causes.push(fieldInvalid(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (owner.controller !== true) continue;
    const self = `${kind}/${name}`;
    if (controller === '') controller = self;
    else {
      causes.push(
        fieldInvalid(
          path,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${self}`,
        ),
      );
    }
  }
}

function validateFinalizers(
  causes: StatusCause[],
  finalizers: readonly string[],
  path: string,
): void {
  for (const name of finalizers) {
    for (const why of labelKeyErrors(name)) causes.push(fieldInvalid(path, name, why));
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    causes.push(
      fieldInvalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'),
    );
  }
}

function validateManagedFields(
  causes: StatusCause[],
  entries: readonly ManagedFieldsEntry[],
  path: string,
): void {
  // Starting afresh is no entry to judge.
  if (deepEqual(entries, [{}])) return;
  entries.forEach((entry, i) => {
    const at = `${path}[${i}]`;
    const { operation, fieldsType, manager = '', subresource = '' } = entry;
    if (operation !== 'Apply' && operation !== 'Update') {
      causes.push(fieldInvalid(`${at}.operation`, operation ?? '', 'must be `Apply` or `Update`'));
    }
    if (fieldsType !== undefined && fieldsType !== 'FieldsV1') {
      causes.push(fieldInvalid(`${at}.fieldsType`, fieldsType, 'must be `FieldsV1`'));
    }
    causes.push(...validateFieldManager(manager, `${at}.manager`));
    if (byteLength(subresource) > maxSubresourceBytes) {
      causes.push(fieldTooLong(`${at}.subresource`, maxSubresourceBytes));
    }
  });
}

/** A field manager's name: at most 128 bytes, all printable. Also the `fieldManager` parameter. */
export function validateFieldManager(manager: string, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (byteLength(manager) > maxManagerBytes) causes.push(fieldTooLong(path, maxManagerBytes));
  let at = 0;
  for (const char of manager) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) {
      const code = (char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
      causes.push(fieldInvalid(path, manager, `invalid character U+${code} (at position ${at})`));
    }
    at += byteLength(char);
  }
  return causes;
}
