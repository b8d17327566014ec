import type { KubeObject } from '../../object/object.ts';

const autoupdate = 'apf.kubernetes.io/autoupdate-spec';

/**
 * Objects of flow control that another version has made and this one knows nothing of: they are kept up to
 * date by servers, as an annotation of theirs says, and by none any more.
 * Source: k8s.io/apiserver util/flowcontrol, pkg/registry/flowcontrol/ensurer.
 */
export function removedFlowControl(
  existing: readonly KubeObject[],
  wanted: readonly KubeObject[],
): string[] {
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  return existing
    .filter(({ metadata }) => !names.has(metadata.name))
    .filter(({ metadata }) => metadata.annotations?.[autoupdate] === 'true')
    .map(({ metadata }) => metadata.name ?? '');
}
