import type { ControllerSettings, CreateController } from './context.ts';
import type { ManagerFlags } from './flags.ts';

/** A controller: upstream's name, the short name --controllers also takes, and its service account. */
export interface ControllerEntry {
  name: string;
  alias: string;
  serviceAccount: string;
  /** Source of its Events where that is not the service account's name. */
  component?: string;
  create: CreateController;
  /** The flag that says how many keys are worked on at once; 1 without. */
  concurrency?: keyof ManagerFlags;
  /** Acts as the manager itself, whatever `--use-service-account-credentials` says. */
  asManager?: true;
  /** Not meant by `*`. */
  byNameOnly?: true;
  /** Runs only when asked for or possible. */
  enabled?(settings: ControllerSettings): boolean;
}
