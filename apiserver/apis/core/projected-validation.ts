import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkFieldReference, checkResourceReference } from './environment-validation.ts';
import { checkPodCertificate, checkTrustBundle } from './identity-sources-validation.ts';
import { checkInnerPath } from './local-path.ts';

/** Volumes whose files the kubelet writes: secrets, config maps, the pod itself, tokens (core validation). */

export function checkMode(errors: Errors, mode: number | undefined, path: string): void {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return;
  const text = 'must be a number between 0 and 0777 (octal), both inclusive';
  errors.push(fieldInvalid(path, mode, text));
}

/** Which keys become which files. */
export function checkItems(errors: Errors, items: Plain[], path: string): void {
  for (const [i, item] of items.entries()) checkItem(errors, item, `${path}[${i}]`);
}

function checkItem(errors: Errors, item: Plain, path: string): void {
  if (!item.key) errors.push(fieldRequired(`${path}.key`));
  if (!item.path) errors.push(fieldRequired(`${path}.path`));
  checkInnerPath(errors, item.path ?? '', `${path}.path`);
  checkMode(errors, item.mode, `${path}.mode`);
}

/** What a file can take from the pod, in the order upstream lists it. */
const fileFields = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** A file about the pod; upstream names the volume, not the file. */
export function checkDownwardFile(errors: Errors, file: Plain, path: string): void {
  if (!file.path) errors.push(fieldRequired(`${path}.path`));
  checkInnerPath(errors, file.path ?? '', `${path}.path`);
  if (file.fieldRef != null) {
    checkFieldReference(errors, file.fieldRef, fileFields, `${path}.fieldRef`);
    if (file.resourceFieldRef != null) {
      const text = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      errors.push(fieldInvalid(path, 'resource', text));
    }
  } else if (file.resourceFieldRef != null) {
    checkResourceReference(errors, file.resourceFieldRef, `${path}.resourceFieldRef`, true);
  } else errors.push(fieldRequired(path, 'one of fieldRef and resourceFieldRef is required'));
  checkMode(errors, file.mode, `${path}.mode`);
}

/** `anyTokenPath`: a path of a token that is refused today is stored already. */
export function checkProjected(
  errors: Errors,
  volume: Plain,
  path: string,
  anyTokenPath: boolean,
): void {
  checkMode(errors, volume.defaultMode, `${path}.defaultMode`);
  const taken = new Set<string>();
  const takeAny = (file: string, what = file): void => {
    if (taken.has(file)) errors.push(fieldInvalid(path, what, 'conflicting duplicate paths'));
    taken.add(file);
  };
  /** `what` is shown in place of the path, where upstream shows something else. */
  const take = (file: string | undefined, what?: string): void => {
    if (file) takeAny(file, what);
  };
  for (const [i, source] of (volume.sources ?? []).entries()) {
    const at = `${path}.sources[${i}]`;
    for (const kind of ['secret', 'configMap']) {
      const part = source[kind];
      if (part === undefined) continue;
      if (!part.name) errors.push(fieldRequired(`${at}.${kind}.name`));
      for (const [j, item] of (part.items ?? []).entries()) {
        checkItem(errors, item, `${at}.${kind}.items[${j}]`);
        take(item.path, part.name ?? '');
      }
    }
    for (const file of source.downwardAPI?.items ?? []) {
      checkDownwardFile(errors, file, `${at}.downwardAPI`);
      take(file.path);
    }
    if (source.serviceAccountToken !== undefined) {
      const token: Plain = source.serviceAccountToken;
      checkToken(errors, token, `${at}.serviceAccountToken`);
      if (!token.path) errors.push(fieldRequired(`${path}.path`));
      else if (!anyTokenPath) checkInnerPath(errors, token.path, `${path}.path`);
    }
    if (source.clusterTrustBundle !== undefined) {
      checkTrustBundle(errors, source.clusterTrustBundle, `${at}.clusterTrustBundle`, takeAny);
    }
    if (source.podCertificate !== undefined) {
      checkPodCertificate(errors, source.podCertificate, `${at}.podCertificate`, takeAny);
    }
    if (Object.values(source).filter((part) => part != null).length > 1) {
      const why = 'may not specify more than 1 volume type per source';
      errors.push(fieldForbidden(at, why));
    }
  }
}

const shortest = 600;
const longest = 2 ** 32;

function checkToken(errors: Errors, token: Plain, path: string): void {
  const seconds: number = token.expirationSeconds ?? 0;
  if (seconds < shortest) {
    const text = 'may not specify a duration less than 10 minutes';
    errors.push(fieldInvalid(`${path}.expirationSeconds`, seconds, text));
  }
  if (seconds > longest) {
    const text = 'may not specify a duration larger than 2^32 seconds';
    errors.push(fieldInvalid(`${path}.expirationSeconds`, seconds, text));
  }
}
