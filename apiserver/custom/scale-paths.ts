import type { ScaleSubresource } from '../apis/resource.ts';
import type { DefinitionVersion } from './definition.ts';

/** `.spec.replicas` in the definition is `spec.replicas` here. */
export function scaleFieldsOf(version: DefinitionVersion): ScaleSubresource | undefined {
  const scale = version.subresources?.scale;
  if (scale === undefined) return undefined;
  const bare = (path: string): string => path.replace(/^\./, '');
  return {
    specReplicasPath: bare(scale.specReplicasPath),
    statusReplicasPath: bare(scale.statusReplicasPath),
    ...(scale.labelSelectorPath === undefined
      ? {}
      : { labelSelectorPath: bare(scale.labelSelectorPath) }),
  };
}
