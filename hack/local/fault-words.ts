import type { FaultCommand } from './agent/faults.ts';

/** The words of `hack/fault` to a command. Throws, saying what is missing. */
export function parseFault(words: readonly string[], namespace: string): FaultCommand {
  const [kind, pod, ...others] = words;
  const onePod = (): { namespace: string; pod: string } => {
    if (pod === undefined) throw new Error(`${kind} needs the name of a pod`);
    return { namespace, pod };
  };
  const nothingAfter = (most: number): void => {
    if (words.length > most) throw new Error(`${kind} takes no ${words.slice(most).join(' ')}`);
  };
  switch (kind) {
    case 'kill':
    case 'wipe':
      nothingAfter(2);
      return { kind, ...onePod() };
    case 'partition': {
      const target = onePod();
      if (others.length === 0) throw new Error('partition needs the pods to part it from');
      return { kind, ...target, from: others.map((other) => ({ namespace, pod: other })) };
    }
    case 'heal':
    case 'processes':
      nothingAfter(1);
      return { kind };
    default:
      throw new Error(`${kind} is no fault; there are kill, partition, heal, wipe and processes`);
  }
}
