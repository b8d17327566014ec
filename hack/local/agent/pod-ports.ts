import type { Logger } from '../../../log/log.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { VolumeSources } from './volumes.ts';

/** What a pod's runner needs of the agent. */
export interface PodPorts {
  state: string;
  checkout: string;
  hostIP: string;
  log: Logger;
  /** Latest known version of the pod; undefined when it is gone from the API. */
  current(): KubeObject | undefined;
  sources(pod: KubeObject, podIP: string): VolumeSources;
  writeStatus(pod: KubeObject, status: Record<string, unknown>): Promise<void>;
  /** The pod has stopped and may go from the API. */
  remove(pod: KubeObject): Promise<void>;
  event(pod: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}
