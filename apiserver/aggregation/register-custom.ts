import type { Logger } from '../../log/log.ts';
import type { KubeObject } from '../../object/object.ts';
import type { BootstrapPort } from '../bootstrap/reconcile.ts';
import type { Change, Lister } from '../watch/view.ts';
import { ensure, type GroupVersion, managedLabel, nameOf, ref } from './register.ts';

interface Definition extends KubeObject {
  spec: { group: string; versions: { name: string; served: boolean }[] };
}

/** Which definitions serve which group versions: a change costs what it changes, however many there are. */
class ServedVersions {
  readonly #served = new Map<string, { gv: GroupVersion; by: Set<string> }>();
  readonly #of = new Map<string, readonly string[]>();

  get(name: string): GroupVersion | undefined {
    return this.#served.get(name)?.gv;
  }

  /** The names of the group versions that may be served from now on, or no longer. */
  set(definition: string, serves: readonly GroupVersion[]): readonly string[] {
    const before = this.#of.get(definition) ?? [];
    const now = serves.map(nameOf);
    for (const name of before) {
      const served = this.#served.get(name);
      served?.by.delete(definition);
      if (served?.by.size === 0 && !now.includes(name)) this.#served.delete(name);
    }
    for (const gv of serves) {
      const served = this.#served.get(nameOf(gv)) ?? { gv, by: new Set() };
      served.by.add(definition);
      this.#served.set(nameOf(gv), served);
    }
    if (now.length === 0) this.#of.delete(definition);
    else this.#of.set(definition, now);
    const same = before.length === now.length && before.every((name, i) => name === now[i]);
    return same ? [] : [...new Set([...before, ...now])];
  }
}

function servedBy({ spec }: Definition): GroupVersion[] {
  return spec.versions
    .filter(({ served }) => served)
    .map(({ name: version }) => ({ group: spec.group, version }));
}

const retryMs = 1_000;

/**
 * Keeps the APIServices of definitions, for as long as they serve a version (kube-aggregator's
 * crdregistration and autoregister controllers). Stop it with the function returned.
 */
export function registerCustom(
  port: BootstrapPort,
  definitions: Lister,
  apiServices: Lister,
  log: Logger,
): () => void {
  const served = new ServedVersions();
  const pending = new Set<string>();
  let running = false;
  let stopped = false;

  async function bring(name: string): Promise<void> {
    const gv = served.get(name);
    if (gv !== undefined) return ensure(port, gv, 'true');
    const existing = apiServices.get('', name);
    if (existing?.metadata.labels?.[managedLabel] === 'true') await port.delete(ref(name));
  }

  async function work(): Promise<void> {
    running = true;
    for (const name of pending) {
      if (stopped) break;
      pending.delete(name);
      try {
        await bring(name);
      } catch (error) {
        if (stopped) break;
        log.warn({ error, name }, 'the APIService of a custom resource is not up to date');
        setTimeout(() => enqueue([name]), retryMs).unref();
      }
    }
    running = false;
  }

  function enqueue(names: readonly string[]): void {
    for (const name of names) pending.add(name);
    if (!running && !stopped && pending.size > 0) void work();
  }

  const defined = ({ type, object }: Change): void => {
    const serves = type === 'deleted' ? [] : servedBy(object.object() as Definition);
    enqueue(served.set(object.name, serves));
  };
  const unsubscribe = [
    definitions.onChange(defined),
    // what somebody deletes or changes is brought back
    apiServices.onChange(({ object, previous }) => {
      const { labels } = previous ?? object;
      if (labels[managedLabel] === 'true') enqueue([object.name]);
    }),
  ];
  for (const definition of definitions.list('') as Definition[]) {
    enqueue(served.set(definition.metadata.name ?? '', servedBy(definition)));
  }
  for (const { metadata } of apiServices.list('')) {
    if (metadata.labels?.[managedLabel] === 'true') enqueue([metadata.name ?? '']);
  }
  return () => {
    stopped = true;
    for (const off of unsubscribe) off();
  };
}
