import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { Logger } from '../../log/log.ts';
import { cleanupFinalizer } from '../apis/apiextensions/definition-defaults.ts';
import type { Resource } from '../apis/resource.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import type { Services } from '../verbs/services.ts';
import { deleteStored, reviseStored, toServed } from '../verbs/stored.ts';
import type { Change, Lister } from '../watch/view.ts';
import { conditionOf, type DefinedResources, type Definition, resourcesOf } from './definition.ts';
import { decideStatus } from './establish.ts';
import type { CallWebhook } from './versions.ts';

export interface CustomOptions {
  services: Services;
  resources: ResourceTable;
  definitions: Lister;
  definitionResource: Resource;
  etcdPrefix: string;
  log: Logger;
  /** What a definition's webhook makes of objects. */
  callWebhook: CallWebhook;
  /** The objects of a resource are read anew, by what it says now. */
  respec(resource: Resource): void;
}

interface Served {
  /** Grows with everything that resources are made of. */
  generation: string;
  /** Of the definition's spec alone. */
  spec: string;
  made: DefinedResources | undefined;
}

/** Definitions whose last attempt failed are tried again after this long. */
const retryMs = 500;

/**
 * Serves custom resources: follows the CustomResourceDefinitions, keeps the resource table in step
 * with those that are established, and does for them what apiextensions-apiserver's controllers do
 * (names, establishing, cleaning up). Every API server does it; writes that are already done change
 * nothing.
 */
export class CustomResources {
  readonly #options: CustomOptions;
  readonly #served = new Map<string, Served>();
  readonly #pending = new Set<string>();
  #running = false;
  #stopped = false;
  #unsubscribe: (() => void) | undefined;

  constructor(options: CustomOptions) {
    this.#options = options;
  }

  /** Resolves when every definition there is now is served. */
  async start(): Promise<void> {
    const { definitions } = this.#options;
    await definitions.ready();
    this.#unsubscribe = definitions.onChange((change: Change) => this.#changed(change));
    for (const definition of definitions.list('')) this.#enqueue(definition.metadata.name ?? '');
    await this.#work();
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe?.();
  }

  #changed(change: Change): void {
    // serve at once: whoever made the definition may use it with the next request
    const name = change.object.name;
    if (change.type === 'deleted') this.#withdraw(name);
    else this.#serve(this.#read(change.object.object()));
    this.#enqueue(name);
  }

  #enqueue(name: string): void {
    this.#pending.add(name);
    if (!this.#running) void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#pending.size > 0 && !this.#stopped) {
        for (const name of [...this.#pending]) {
          this.#pending.delete(name);
          await this.#reconcile(name);
        }
      }
    } finally {
      this.#running = false;
    }
  }

  async #reconcile(name: string): Promise<void> {
    const { definitions, log } = this.#options;
    const found = definitions.get('', name);
    if (found === undefined) return this.#withdraw(name);
    const definition = this.#read(found);
    try {
      this.#serve(definition);
      if (definition.metadata.deletionTimestamp != null) await this.#cleanUp(definition);
      else await this.#decide(definition);
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return;
      log.warn({ error, definition: name }, 'a custom resource definition could not be served');
      setTimeout(() => this.#enqueue(name), retryMs).unref();
    }
  }

  /** Definitions lie in the store in an older version. */
  #read(stored: KubeObject): Definition {
    return toServed(this.#options.definitionResource, stored) as Definition;
  }

  #serve(definition: Definition): void {
    const name = definition.metadata.name ?? '';
    const { etcdPrefix, resources } = this.#options;
    const going = definition.metadata.deletionTimestamp != null;
    const generation = `${going}/${definition.metadata.uid}/${definition.metadata.generation}/${conditionOf(definition, 'Established')?.status}/${JSON.stringify(definition.status?.acceptedNames ?? '')}`;
    const known = this.#served.get(name);
    if (known?.generation === generation) return;
    let made: DefinedResources | undefined;
    try {
      made = resourcesOf(definition, etcdPrefix, this.#options.callWebhook);
    } catch (error) {
      this.#options.log.warn({ error, definition: name }, 'a schema cannot be compiled');
    }
    const served = made?.served ?? [];
    const names = new Set(served.map((resource) => resource.version));
    const gone = (known?.made?.served ?? []).filter(({ version }) => !names.has(version));
    if (gone.length > 0) resources.remove(gone);
    if (served.length > 0) resources.add(served);
    const spec = `${definition.metadata.uid}/${definition.metadata.generation}`;
    this.#served.set(name, { generation, spec, made });
    // whoever watches begins again with the definition as it is now, as upstream's watches end
    if (made !== undefined && known !== undefined && known.spec !== spec) {
      this.#options.respec(made.storage);
    }
  }

  #withdraw(name: string): void {
    const known = this.#served.get(name);
    if (known === undefined) return;
    this.#served.delete(name);
    if (known.made === undefined) return;
    this.#options.resources.remove(known.made.served);
    this.#options.services.cache.remove(known.made.storage.keyPrefix);
  }

  async #decide(definition: Definition): Promise<void> {
    const { services, definitionResource, definitions } = this.#options;
    const name = definition.metadata.name ?? '';
    const others = definitions.list('').map((other) => this.#read(other));
    if (decideStatus(definition, others, services.now()) === definition.status) return;
    await reviseStored(
      services,
      definitionResource,
      { namespace: '', name, dryRun: false },
      async (now) => {
        const current = structuredClone(now.object) as Definition;
        const status = decideStatus(current, others, services.now());
        if (status !== undefined) current.status = status;
        return current;
      },
    );
  }

  /** Objects first, then the finalizer, and with it the definition. */
  async #cleanUp(definition: Definition): Promise<void> {
    const { services, definitionResource, etcdPrefix } = this.#options;
    const name = definition.metadata.name ?? '';
    if (!(definition.metadata.finalizers ?? []).includes(cleanupFinalizer)) return;
    const known = this.#served.get(name)?.made;
    const made = known ?? resourcesOf(definition, etcdPrefix, this.#options.callWebhook);
    const resource = made?.storage;
    if (resource !== undefined && (await this.#objectsLeft(resource))) {
      setTimeout(() => this.#enqueue(name), retryMs).unref();
      return;
    }
    const at = { namespace: '', name };
    const written = await reviseStored(
      services,
      definitionResource,
      { ...at, dryRun: false },
      async (now) => {
        const next: KubeObject = structuredClone(now.object);
        const rest = (next.metadata.finalizers ?? []).filter((f) => f !== cleanupFinalizer);
        if (rest.length > 0) next.metadata.finalizers = rest;
        else delete next.metadata.finalizers;
        return next;
      },
    );
    if ((written.object.metadata.finalizers ?? []).length === 0) {
      await deleteStored(services, definitionResource, at, written.revision);
    }
  }

  /** Deletes what can be deleted; true while objects with finalizers of their own remain. */
  async #objectsLeft(resource: Resource): Promise<boolean> {
    const { services } = this.#options;
    const { items } = await services.store.list(resource.keyPrefix);
    let left = false;
    for (const { key, value, modRevision } of items) {
      const object = JSON.parse(value.toString('utf8')) as KubeObject;
      const { namespace = '', name = key, finalizers = [], deletionTimestamp } = object.metadata;
      if (finalizers.length === 0) {
        const gone = await deleteStored(services, resource, { namespace, name }, modRevision);
        left ||= !gone.deleted;
        continue;
      }
      left = true;
      if (deletionTimestamp != null) continue;
      const now = services.now();
      await reviseStored(services, resource, { namespace, name, dryRun: false }, async (stored) => {
        const next: KubeObject = structuredClone(stored.object);
        next.metadata.deletionTimestamp ??= `${now.toISOString().slice(0, 19)}Z`;
        next.metadata.deletionGracePeriodSeconds = 0;
        return next;
      });
    }
    return left;
  }
}
