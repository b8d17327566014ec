import { apiVersionOf, type KubeObject } from '../../object/object.ts';
import type { GroupVersion, LocalGroupVersions } from '../discovery/groups.ts';
import type { GroupVersionPriority } from '../discovery/priorities.ts';
import type { Lister } from '../watch/view.ts';

/**
 * What the APIServices of this server's own group versions say of its discovery: in which order they
 * are shown, and that one whose APIService was deleted is not listed (kube-aggregator apisHandler).
 */
export class LocalApis implements LocalGroupVersions {
  readonly #priorities = new Map<string, GroupVersionPriority>();
  readonly #deleted = new Set<string>();
  #generation = 0;
  #unsubscribe: (() => void) | undefined;

  /** Grows with every change of the answers. */
  get generation(): number {
    return this.#generation;
  }

  priorityOf(gv: GroupVersion): GroupVersionPriority | undefined {
    return this.#priorities.get(apiVersionOf(gv));
  }

  isListed(gv: GroupVersion): boolean {
    return !this.#deleted.has(apiVersionOf(gv));
  }

  /** The lister is ready. */
  start(apiServices: Lister): void {
    this.#unsubscribe = apiServices.onChange(({ type, object }) =>
      this.#take(object.object(), type === 'deleted'),
    );
    for (const apiService of apiServices.list('')) this.#take(apiService, false);
  }

  stop(): void {
    this.#unsubscribe?.();
  }

  #take({ spec }: KubeObject, deleted: boolean): void {
    const gv = apiVersionOf({ group: spec.group ?? '', version: spec.version });
    const before = this.#priorities.get(gv);
    if (spec.service || deleted) {
      if (before === undefined) return;
      this.#priorities.delete(gv);
      if (deleted) this.#deleted.add(gv);
    } else {
      const priority = { group: spec.groupPriorityMinimum, version: spec.versionPriority };
      if (before?.group === priority.group && before?.version === priority.version) return;
      this.#priorities.set(gv, priority);
      this.#deleted.delete(gv);
    }
    this.#generation += 1;
  }
}
