import { dns1123LabelErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { dropDisabledPodFields } from './pod-drop.ts';
import { podTemplateWarnings } from './pod-warnings.ts';

/** What the strategies of all kinds that hold a pod template do with it; `path` says where it is. */

function templateAt(object: KubeObject | undefined, path: string): Plain | undefined {
  let at: Plain | undefined = object;
  for (const field of path.split('.')) at = at?.[field];
  return at;
}

export function dropDisabledTemplateFields(
  next: KubeObject,
  old: KubeObject | undefined,
  path: string,
): void {
  dropDisabledPodFields(templateAt(next, path)?.spec, templateAt(old, path)?.spec);
}

/** On an update, only when it changed what the object asks for. */
export function heldTemplateWarnings(
  object: KubeObject,
  old: KubeObject | undefined,
  path: string,
): string[] {
  if (old !== undefined && old.metadata.generation === object.metadata.generation) return [];
  return podTemplateWarnings(templateAt(object, path), path);
}

/** Of a new object whose name its pods and their hosts begin with. */
export function podNameWarnings({ metadata }: KubeObject, old: KubeObject | undefined): string[] {
  const problems = old === undefined ? dns1123LabelErrors(metadata.name ?? '') : [];
  if (problems.length === 0) return [];
  const text =
    'this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: ${text}: [${problems.join(' ')}]`];
}
