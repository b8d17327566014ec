import type { KubeObject } from '../../../object/object.ts';

const suffix = '.static.k8s.io';

/** Names that ManifestBasedAdmissionControlConfig, which is off, keeps for configuration in files. */
export function staticNameWarnings({ metadata }: KubeObject): string[] {
  if (!metadata.name?.endsWith(suffix)) return [];
  return [
    `metadata.name: names ending with "${suffix}" are reserved for static manifest-based configurations and cannot be managed via the API`,
  ];
}
