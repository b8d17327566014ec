import type { ControllerEntry } from '../entry.ts';
import { attachDetachController } from './attach-detach/attach-detach.ts';
import { ephemeralVolumeController } from './ephemeral-volume.ts';
import { persistentVolumeController } from './persistent-volume.ts';
import {
  attributesClassProtectionController,
  claimProtectionController,
  volumeProtectionController,
} from './protection.ts';

/** The controllers of claims and volumes. */
export const volumeControllers: readonly ControllerEntry[] = [
  {
    name: 'persistentvolume-binder-controller',
    alias: 'persistentvolume-binder',
    serviceAccount: 'persistent-volume-binder',
    create: persistentVolumeController,
  },
  {
    name: 'persistentvolume-attach-detach-controller',
    alias: 'attachdetach',
    serviceAccount: 'attachdetach-controller',
    create: attachDetachController,
  },
  {
    name: 'ephemeral-volume-controller',
    alias: 'ephemeral-volume',
    serviceAccount: 'ephemeral-volume-controller',
    component: 'ephemeral_volume',
    create: ephemeralVolumeController,
    concurrency: 'concurrent-ephemeralvolume-syncs',
  },
  {
    name: 'persistentvolumeclaim-protection-controller',
    alias: 'pvc-protection',
    serviceAccount: 'pvc-protection-controller',
    create: claimProtectionController,
  },
  {
    name: 'persistentvolume-protection-controller',
    alias: 'pv-protection',
    serviceAccount: 'pv-protection-controller',
    create: volumeProtectionController,
  },
  {
    name: 'volumeattributesclass-protection-controller',
    alias: 'volumeattributesclass-protection-controller',
    serviceAccount: 'volumeattributesclass-protection-controller',
    create: attributesClassProtectionController,
  },
];
