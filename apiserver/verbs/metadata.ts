import { goQuote } from '../../object/go-format.ts';
import { randomBytes, randomUUID } from 'node:crypto';
import { deepEqual } from '../../object/equal.ts';
import { fieldInvalid } from '../../object/field-error.ts';
import { type KubeObject, timestamp } from '../../object/object.ts';
import { conflict, invalid, objectModified, StatusError } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';

/** System-owned metadata (k8s.io/apiserver registry/rest: FillObjectMetaSystemFields, BeforeUpdate). */

/** Letters of generated names: no vowels, nothing easily confused (apimachinery util/rand). */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const generatedSuffixLength = 5;
/** generateName is cut so that base and suffix fit in 63. */
const generatedBaseLengthMax = 58;

export function generateName(base: string): string {
  let suffix = '';
  while (suffix.length < generatedSuffixLength) {
    for (const byte of randomBytes(8)) {
      // 27 letters: bytes from 243 on would favour the first ones
      if (byte < 243 && suffix.length < generatedSuffixLength) suffix += nameAlphabet[byte % 27];
    }
  }
  return base.slice(0, generatedBaseLengthMax) + suffix;
}

function generationOf(resource: Resource): boolean | 'from zero' {
  return resource.generation ?? resource.schema.properties?.['spec'] !== undefined;
}

export function keepsGeneration(resource: Resource): boolean {
  return generationOf(resource) !== false;
}

/** What only the system may set is gone before anybody sees the new object, or owns its fields. */
export function wipeSystemFields({ metadata }: KubeObject): void {
  delete metadata.creationTimestamp;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.uid;
}

/** For a new object: uid, creationTimestamp, generation; clears what admission may not set. */
export function fillSystemFields(resource: Resource, object: KubeObject, now: Date): void {
  const { metadata } = object;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(now);
  if (generationOf(resource) === true) metadata.generation = 1;
  // upstream leaves what was sent with all others
  else if (metadata.generation === 0) delete metadata.generation;
}

/**
 * A new object has no version yet: a POST of one that says otherwise is refused, an update that
 * creates starts anew (registry/generic store.go).
 */
export function refuseVersion({ metadata }: KubeObject, verb: string): void {
  if (verb === 'create' && /^[0-9]*[1-9][0-9]*$/.test(metadata.resourceVersion ?? '')) {
    throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created');
  }
  delete metadata.resourceVersion;
}

/** A PUT that names a uid is about that object and no other; `key` is the stored object's. */
export function checkUid(
  resource: Resource,
  key: string,
  wanted: string | undefined,
  { metadata }: KubeObject,
): void {
  if (wanted === undefined || wanted === '' || wanted === metadata.uid) return;
  throw conflict(
    { group: resource.group, resource: resource.resource },
    metadata.name ?? '',
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${metadata.uid}`,
  );
}

/** For an update: the version the body is of, then what no client can change is taken from the old. */
export function carryMetadata(
  resource: Resource,
  next: KubeObject,
  old: KubeObject,
  mayCarryNoVersion: boolean,
): void {
  const name = { group: resource.group, resource: resource.resource };
  const sent = next.metadata;
  if (/^0*$/.test(sent.resourceVersion ?? '')) {
    if (!mayCarryNoVersion) {
      // upstream names the resource where a kind belongs
      throw invalid({ ...name, kind: resource.resource }, sent.name ?? '', [
        fieldInvalid('metadata.resourceVersion', 0, 'must be specified for an update'),
      ]);
    }
  } else if (sent.resourceVersion !== old.metadata.resourceVersion) {
    if (!/^[0-9]+$/.test(sent.resourceVersion ?? '')) {
      const shown = goQuote(sent.resourceVersion ?? '');
      throw new StatusError(500, '', `strconv.ParseUint: parsing ${shown}: invalid syntax`);
    }
    throw conflict(name, sent.name ?? '', objectModified);
  }
  const from = old.metadata;
  const keep = <K extends keyof typeof from>(field: K): void => {
    if (from[field] === undefined) delete sent[field];
    else sent[field] = from[field];
  };
  // what was not there before cannot come: validation refuses it
  if ((sent.uid ?? '') === '') keep('uid');
  keep('creationTimestamp');
  if (from.deletionTimestamp !== undefined) keep('deletionTimestamp');
  if (sent.deletionGracePeriodSeconds === undefined) keep('deletionGracePeriodSeconds');
  keep('generation');
  keep('resourceVersion');
  delete sent.selfLink;
}

/** generation goes up when the desired state does (everything but metadata and status). */
export function raiseGeneration(resource: Resource, next: KubeObject, old: KubeObject): void {
  if (!keepsGeneration(resource)) return;
  const changed =
    resource.custom === undefined
      ? !deepEqual(next['spec'], old['spec'])
      : !deepEqual(desiredPart(next), desiredPart(old));
  if (changed) next.metadata.generation = Number(old.metadata.generation ?? 0) + 1;
}

function desiredPart(object: KubeObject): unknown {
  const { metadata: _metadata, ...rest } = object;
  return rest;
}
