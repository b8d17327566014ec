import type { KubeObject } from './object.ts';

/** Annotations that make a StorageClass the default one. */
export const defaultStorageClass: readonly string[] = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** Of the classes marked as default the newest; of equally new ones the first by name. Pure. */
export function defaultOf(
  classes: readonly KubeObject[],
  annotations: readonly string[],
): KubeObject | undefined {
  return classes
    .filter(({ metadata }) =>
      annotations.some((annotation) => metadata.annotations?.[annotation] === 'true'),
    )
    .toSorted(
      (a, b) =>
        Date.parse(b.metadata.creationTimestamp ?? '0') -
          Date.parse(a.metadata.creationTimestamp ?? '0') ||
        ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
    )[0];
}
