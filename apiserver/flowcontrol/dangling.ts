import { type KubeObject, timestamp } from '../../object/object.ts';
import type { Lister } from '../watch/view.ts';

/**
 * Every FlowSchema says whether the level it names is there (condition `Dangling`).
 * Source: k8s.io/apiserver util/flowcontrol apf_controller.go.
 */
export interface DanglingOptions {
  flowSchemas: Lister;
  priorityLevels: Lister;
  /** Gives a FlowSchema as it is now the condition; undefined leaves it alone. */
  revise(name: string, change: (schema: KubeObject) => Condition | undefined): Promise<void>;
  onError(error: Error): void;
}

export interface Condition {
  type: string;
  status: string;
  [field: string]: unknown;
}

/** What the condition should be, or undefined when it is that already. */
export function danglingOf(
  schema: KubeObject,
  levelExists: boolean,
  now: Date,
): Condition | undefined {
  const conditions: Condition[] = schema.status?.conditions ?? [];
  const old = conditions.find(({ type }) => type === 'Dangling');
  const level = JSON.stringify(schema.spec?.priorityLevelConfiguration?.name ?? '');
  const start = `This FlowSchema references the PriorityLevelConfiguration object named ${level}`;
  const next = levelExists
    ? { status: 'False', reason: 'Found', message: `${start} and it exists` }
    : { status: 'True', reason: 'NotFound', message: `${start} but there is no such object` };
  if (old?.status === next.status && old.message === next.message) return undefined;
  const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : timestamp(now);
  return { type: 'Dangling', lastTransitionTime, ...next };
}

/** Looks now and after every change; one pass at a time. Gives the function that ends it. */
export function keepDanglingConditions(options: DanglingOptions): () => void {
  const { flowSchemas, priorityLevels, revise, onError } = options;
  let running = false;
  let again = false;
  let stopped = false;

  function wanted(schema: KubeObject): Condition | undefined {
    const level: string = schema.spec?.priorityLevelConfiguration?.name ?? '';
    return danglingOf(schema, priorityLevels.get('', level) !== undefined, new Date());
  }

  async function pass(): Promise<void> {
    for (const schema of flowSchemas.list('')) {
      if (stopped) return;
      // most are right already: nothing is asked of the store
      if (wanted(schema) !== undefined) await revise(schema.metadata.name ?? '', wanted);
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
