import type { KubeObject } from '../../object/object.ts';
import { type LabelSelector, matches, nothing } from '../../object/selector.ts';
import { splitKey } from '../../reconciler/store.ts';

/** Which pods each autoscaler minds, as far as it was looked at: no two may mind the same. */
export class SelectorTable {
  readonly #selectors = new Map<string, LabelSelector>();

  /** Until its target is known it minds none. */
  add(key: string): void {
    if (!this.#selectors.has(key)) this.#selectors.set(key, nothing);
  }

  put(key: string, selector: LabelSelector): void {
    if (this.#selectors.has(key)) this.#selectors.set(key, selector);
  }

  delete(key: string): void {
    this.#selectors.delete(key);
  }

  /** All that mind one of these pods, sorted. */
  minding(namespace: string, pods: readonly KubeObject[]): string[] {
    return [...this.#selectors]
      .filter(([key]) => splitKey(key).namespace === namespace)
      .filter(([, selector]) => pods.some((pod) => matches(selector, pod.metadata.labels)))
      .map(([key]) => key)
      .sort();
  }
}
