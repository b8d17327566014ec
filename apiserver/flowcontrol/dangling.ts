import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Lister } from '../watch/view.ts';

/**
 * Every FlowSchema says whether the level it names is there (condition `Dangling`).
 * Source: k8s.io/apiserver util/flowcontrol apf_controller.go.
 */
export interface DanglingOptions {
  flowSchemas: Lister;
  priorityLevels: Lister;
  /** Changes a FlowSchema as it is now; undefined leaves it alone. */
  revise(name: string, change: (schema: KubeObject) => KubeObject | undefined): Promise<void>;
  onError(error: Error): void;
}

interface Condition {
  type: string;
  status: string;
  [field: string]: unknown;
}

/** The schema with its condition right, or undefined when it is already. */
export function withDangling(
  schema: KubeObject,
  levelExists: boolean,
  now: Date,
): KubeObject | undefined {
  const conditions: Condition[] = schema.status?.conditions ?? [];
  const old = conditions.find(({ type }) => type === 'Dangling');
  const level = JSON.stringify(schema.spec?.priorityLevelConfiguration?.name ?? '');
  const start = `This FlowSchema references the PriorityLevelConfiguration object named ${level}`;
  const next = levelExists
    ? { status: 'False', reason: 'Found', message: `${start} and it exists` }
    : { status: 'True', reason: 'NotFound', message: `${start} but there is no such object` };
  if (old?.status === next.status && old.message === next.message) return undefined;
  const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : timestamp(now);
  return {
    ...schema,
    status: {
      ...schema.status,
      conditions: [
        ...conditions.filter(({ type }) => type !== 'Dangling'),
        { type: 'Dangling', lastTransitionTime, ...next },
      ],
    },
  };
}

/** Looks now and after every change; one pass at a time. Gives the function that ends it. */
export function keepDanglingConditions(options: DanglingOptions): () => void {
  const { flowSchemas, priorityLevels, revise, onError } = options;
  let running = false;
  let again = false;
  let stopped = false;

  async function pass(): Promise<void> {
    for (const { metadata } of flowSchemas.list('')) {
      if (stopped) return;
      await revise(metadata.name ?? '', (schema) => {
        const level: string = schema.spec?.priorityLevelConfiguration?.name ?? '';
        return withDangling(schema, priorityLevels.get('', level) !== undefined, new Date());
      });
    }
  }

  function look(): void {
    again = running;
    if (running || stopped) return;
    running = true;
    pass()
      .catch(onError)
      .finally(() => {
        running = false;
        if (again) look();
      });
  }

  const ends = [flowSchemas.onChange(look), priorityLevels.onChange(look)];
  look();
  return () => {
    stopped = true;
    for (const end of ends) end();
  };
}
