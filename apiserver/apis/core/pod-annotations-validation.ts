import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { readJsonList } from './embedded-json.ts';
import { deletionCost, isDeletionCost } from './deletion-cost.ts';
import { checkDescendingPath } from './local-path.ts';
import type { PodAllowances } from './pod-allowances.ts';
import { eachContainer } from './pod-containers.ts';
import { checkTolerations } from './scheduling-validation.ts';

/** Annotations that mean something to pods (core validation, ValidatePodSpecificAnnotations). */

type Annotations = Readonly<Record<string, string>>;

export const mirrorAnnotation = 'kubernetes.io/config.mirror';
export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';
export const seccompPodAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
export const seccompPrefix = 'container.seccomp.security.alpha.kubernetes.io/';
const tolerations = 'scheduler.alpha.kubernetes.io/tolerations';
/** What a localhost profile's name starts with in an annotation. */
const localhost = 'localhost/';

export function checkPodAnnotations(
  errors: Errors,
  annotations: Annotations,
  spec: Plain,
  path: string,
  allow: PodAllowances,
): void {
  const mirror = annotations[mirrorAnnotation];
  if (mirror !== undefined && !spec.nodeName) {
    const text = 'must set spec.nodeName if mirror pod annotation is set';
    errors.push(fieldInvalid(`${path}[${mirrorAnnotation}]`, mirror, text));
  }
  if (annotations[tolerations]) {
    const list = readJsonList(annotations[tolerations], '[]core.Toleration');
    if (typeof list === 'string') errors.push(fieldInvalid(path, tolerations, list));
    else checkTolerations(errors, list, `${path}.${tolerations}`, allow.comparedTolerations);
  }
  if (!allow.anyDeletionCost && !isDeletionCost(annotations)) {
    const cost = annotations[deletionCost];
    errors.push(fieldInvalid(`${path}[${deletionCost}]`, cost, 'must be a 32bit integer'));
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (key === seccompPodAnnotation || key.startsWith(seccompPrefix)) {
      checkSeccomp(errors, value, `${path}.${key}`);
    }
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (key.startsWith(appArmorPrefix)) checkAppArmor(errors, key, value, spec, path);
  }
}

function checkSeccomp(errors: Errors, profile: string, path: string): void {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return;
  if (profile.startsWith(localhost)) {
    checkDescendingPath(errors, profile.slice(localhost.length), path);
  } else errors.push(fieldInvalid(path, profile, 'must be a valid seccomp profile'));
}

function checkAppArmor(
  errors: Errors,
  key: string,
  profile: string,
  spec: Plain,
  path: string,
): void {
  const name = key.slice(appArmorPrefix.length);
  const at = `${path}[${key}]`;
  const found = eachContainer(spec, '').some(({ container }) => container.name === name);
  if (!found) errors.push(fieldInvalid(at, name, 'container not found'));
  const known = ['', 'runtime/default', 'unconfined'].includes(profile);
  if (known || profile.startsWith(localhost)) return;
  const text = `invalid AppArmor profile name: ${JSON.stringify(profile)}`;
  errors.push(fieldInvalid(at, profile, text));
}

/** What a pod's annotations may not become once it exists. */
export function checkPodAnnotationChange(
  errors: Errors,
  next: Annotations,
  old: Annotations,
  path: string,
): void {
  const refuse = (key: string, verb: string): void => {
    const at = `${path}[${key}]`;
    if (key.startsWith(appArmorPrefix)) {
      errors.push(fieldForbidden(at, `may not ${verb} AppArmor annotations`));
    }
    if (key === mirrorAnnotation) {
      errors.push(fieldForbidden(at, `may not ${verb} mirror pod annotation`));
    }
  };
  for (const [key, value] of Object.entries(old)) {
    if (next[key] !== value) refuse(key, 'remove or update');
  }
  for (const key of Object.keys(next)) if (!Object.hasOwn(old, key)) refuse(key, 'add');
}

/** Profiles said twice, in a field and in an annotation, must be the same. */
export function checkProfilesAgree(
  errors: Errors,
  annotations: Annotations,
  spec: Plain,
  path: string,
): void {
  const own: Plain = spec.securityContext ?? {};
  const podSeccomp = `${path}.securityContext.seccompProfile`;
  checkAgreed(errors, annotations[seccompPodAnnotation], own.seccompProfile, podSeccomp, 'seccomp');
  for (const { container, path: at } of eachContainer(spec, path)) {
    const annotation = annotations[seccompPrefix + container.name];
    const profile = container.securityContext?.seccompProfile;
    checkAgreed(errors, annotation, profile, `${at}.securityContext.seccompProfile`, 'seccomp');
  }
  if (spec.os?.name === 'windows') return;
  for (const { container, path: at } of eachContainer(spec, path)) {
    const annotation = annotations[appArmorPrefix + container.name];
    const profile = container.securityContext?.appArmorProfile ?? own.appArmorProfile;
    checkAgreed(errors, annotation, profile, `${at}.securityContext.appArmorProfile`, 'apparmor');
  }
}

function checkAgreed(
  errors: Errors,
  annotation: string | undefined,
  profile: Plain | undefined,
  path: string,
  what: 'seccomp' | 'apparmor',
): void {
  if (annotation === undefined || profile === undefined) return;
  const { type, localhostProfile: name } = profile;
  const refuse = (field: string, word: string): unknown =>
    errors.push(
      fieldForbidden(`${path}.${field}`, `${what} ${word} in annotation and field must match`),
    );
  const defaults = what === 'seccomp' ? ['runtime/default', 'docker/default'] : ['runtime/default'];
  if (type === 'Unconfined') {
    if (annotation !== 'unconfined') refuse('type', 'type');
  } else if (type === 'RuntimeDefault') {
    if (!defaults.includes(annotation)) refuse('type', 'type');
  } else if (type === 'Localhost') {
    if (!annotation.startsWith(localhost)) refuse('type', 'type');
    else if (annotation.slice(localhost.length) !== name) refuse('localhostProfile', 'profile');
  }
}
