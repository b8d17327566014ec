import { semanticEqual } from '../../../object/equal.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { appArmorPrefix } from './pod-annotations-validation.ts';
import { eachContainer } from './pod-containers.ts';
import { checkAppArmorProfile } from './security-context-validation.ts';

/** AppArmor profiles that old clients say in annotations (KEP-24, pod strategy applyAppArmorVersionSkew). */

/** What was said in an annotation and became a field: upstream warns about it. */
const takenOver = new WeakMap<KubeObject, string[]>();

/** Containers without a profile of their own get that of their annotation, unless the pod has it. */
export function takeOverAppArmor(pod: KubeObject): void {
  const { spec, metadata } = pod;
  if (spec.os?.name === 'windows') return;
  const warnings: string[] = [];
  for (const { container } of eachContainer(spec, 'spec')) {
    const key = appArmorPrefix + container.name;
    const annotation = metadata.annotations?.[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile != null) continue;
    const profile = profileOf(annotation);
    const same = semanticEqual(profile, spec.securityContext?.appArmorProfile);
    if (profile !== undefined && same) continue;
    if (profile !== undefined) {
      container.securityContext ??= {};
      container.securityContext.appArmorProfile = profile;
    }
    warnings.push(
      `metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
    );
  }
  // A second try under another generated name finds the fields set already.
  if (warnings.length > 0) takenOver.set(pod, warnings);
}

export function appArmorWarnings(pod: KubeObject): readonly string[] {
  return takenOver.get(pod) ?? [];
}

/** Undefined for what is no valid profile. */
function profileOf(annotation: string): Plain | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  const name = /^localhost\/(.*)$/s.exec(annotation)?.[1];
  if (name === undefined) return undefined;
  const profile = { type: 'Localhost', localhostProfile: name };
  const errors: Parameters<typeof checkAppArmorProfile>[0] = [];
  checkAppArmorProfile(errors, profile, '');
  return errors.length === 0 ? profile : undefined;
}
