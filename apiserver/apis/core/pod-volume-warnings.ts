import type { Plain } from '../plain.ts';
import { claimSpecWarnings } from './persistent-volume-claim-warnings.ts';
import { overlapWarnings } from './volume-overlap-warnings.ts';

/** Volume plugins that are gone or going, and what the volumes themselves warn of. */

const gone = (since: string, from: string) => `deprecated in ${since}, non-functional in ${from}+`;

/** [the volume's field, where upstream reports it, what it says], in upstream's order. */
const plugins: readonly (readonly [string, string, string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', gone('v1.11', 'v1.16')],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11'],
  ['scaleIO', 'scaleIO', gone('v1.16', 'v1.22')],
  ['flocker', 'flocker', gone('v1.22', 'v1.25')],
  ['storageos', 'storageOS', gone('v1.22', 'v1.25')],
  ['quobyte', 'quobyte', gone('v1.22', 'v1.25')],
  ['glusterfs', 'glusterfs', gone('v1.25', 'v1.26')],
];
const laterPlugins: typeof plugins = [
  ['cephfs', 'cephfs', gone('v1.28', 'v1.31')],
  ['rbd', 'rbd', gone('v1.28', 'v1.31')],
];

/** Of a pod's volume or a PersistentVolume's spec. */
export function pluginWarnings(source: Plain, path: string, list = [...plugins, ...laterPlugins]) {
  return list
    .filter(([field]) => source[field] !== undefined)
    .map(([, shown, text]) => `${path}.${shown}: ${text}`);
}

export function volumeWarnings(spec: Plain, path: string): string[] {
  const warnings: string[] = [];
  const volumes: Plain[] = spec.volumes ?? [];
  for (const [i, volume] of volumes.entries()) {
    const at = `${path}[${i}]`;
    warnings.push(...pluginWarnings(volume, at, [...plugins]));
    const template = volume.ephemeral?.volumeClaimTemplate;
    if (template !== undefined) {
      const own = `${at}.ephemeral.volumeClaimTemplate.spec`;
      warnings.push(...claimSpecWarnings(template.spec ?? {}, own));
    }
    warnings.push(...pluginWarnings(volume, at, [...laterPlugins]));
  }
  return [...warnings, ...volumes.flatMap(overlapWarnings)];
}
