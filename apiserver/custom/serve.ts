import { semanticEqual } from '../../object/equal.ts';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { Logger } from '../../log/log.ts';
import type { Resource } from '../apis/resource.ts';
import type { ResourceTable } from '../apis/resource-table.ts';
import type { Services } from '../verbs/services.ts';
import { toServed } from '../verbs/stored-version.ts';
import type { Change, Lister } from '../watch/view.ts';
import { isTerminating } from './behaviour.ts';
import { cleanUp, sayUnconfirmed } from './clean-up.ts';
import {
  conditionOf,
  type DefinedResources,
  type Definition,
  type DefinitionNames,
  resourcesOf,
} from './definition.ts';
import { decideStatus, type Neighbours } from './establish.ts';
import type { CallWebhook } from './versions.ts';
import { writeStatus } from '../verbs/own-status.ts';

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
/** Who waits longer for objects to go says so, and begins anew. */
const confirmedWithinMs = 60_000;

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
  /** What names are taken, by group. */
  readonly #names = new Map<string, Map<string, DefinitionNames>>();
  /** Definitions that were not given all their names, with their groups. */
  readonly #refused = new Map<string, string>();
  /** Since when definitions on their way out wait for their objects, in milliseconds. */
  readonly #waiting = new Map<string, number>();
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
    for (const definition of definitions.list('')) {
      this.#note(definition);
      this.#enqueue(definition.metadata.name ?? '');
    }
    await this.#work();
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe?.();
  }

  #changed(change: Change): void {
    // serve at once: whoever made the definition may use it with the next request
    const name = change.object.name;
    const definition = change.object.object();
    if (change.type === 'deleted') {
      this.#forget(definition);
      this.#withdraw(name);
    } else {
      this.#note(definition);
      this.#serve(this.#read(definition));
    }
    this.#enqueue(name);
  }

  /** The stored form has group and accepted names where the served one has them. */
  #note({ metadata, spec, status }: KubeObject): void {
    const { name = '' } = metadata;
    const names: DefinitionNames = status?.acceptedNames ?? { plural: '', kind: '' };
    const group = this.#names.get(spec.group) ?? new Map<string, DefinitionNames>();
    this.#names.set(spec.group, group);
    const before = group.get(name);
    group.set(name, names);
    if (before !== undefined && !semanticEqual(before, names)) this.#reconsider(spec.group);
  }

  #forget({ metadata, spec }: KubeObject): void {
    const { name = '' } = metadata;
    this.#refused.delete(name);
    this.#names.get(spec.group)?.delete(name);
    if (this.#names.get(spec.group)?.size === 0) this.#names.delete(spec.group);
    this.#reconsider(spec.group);
  }

  /** Names may have become free for those that were refused them. */
  #reconsider(group: string): void {
    for (const [name, wants] of this.#refused) if (wants === group) this.#enqueue(name);
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
      // its names may change while it goes
      await this.#decide(definition);
      if (definition.metadata.deletionTimestamp != null) await this.#cleanUp(definition);
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
    const generation = `${isTerminating(definition)}/${definition.metadata.uid}/${definition.metadata.generation}/${conditionOf(definition, 'Established')?.status}/${JSON.stringify(definition.status?.acceptedNames ?? '')}`;
    const known = this.#served.get(name);
    if (known?.generation === generation) return;
    let made: DefinedResources | undefined;
    try {
      made = resourcesOf(definition, etcdPrefix, this.#options.callWebhook);
    } catch (error) {
      this.#options.log.warn({ error, definition: name }, 'a schema cannot be compiled');
    }
    const served = made?.served ?? [];
    // who writes the status may change the accepted names, the plural among them
    const now = new Set(served.map(pathOf));
    const gone = (known?.made?.served ?? []).filter((resource) => !now.has(pathOf(resource)));
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
    const { services, definitionResource } = this.#options;
    const name = definition.metadata.name ?? '';
    const others: Neighbours = this.#names.get(definition.spec.group) ?? new Map();
    const decided = decideStatus(definition, others, services.now());
    const accepted = decided?.conditions?.find(({ type }) => type === 'NamesAccepted');
    if (accepted?.status === 'False') this.#refused.set(name, definition.spec.group);
    else this.#refused.delete(name);
    if (decided === definition.status) return;
    await writeStatus(services, definitionResource, { name }, (current: Definition) => {
      const status = decideStatus(current, others, services.now());
      if (status !== undefined) current.status = status;
    });
  }

  async #cleanUp(definition: Definition): Promise<void> {
    const { services, definitionResource, etcdPrefix } = this.#options;
    const name = definition.metadata.name ?? '';
    const known = this.#served.get(name)?.made;
    const made = known ?? resourcesOf(definition, etcdPrefix, this.#options.callWebhook);
    const done = await cleanUp(services, definitionResource, definition, made?.storage);
    if (done) {
      this.#waiting.delete(name);
      return;
    }
    const now = services.now().getTime();
    const since = this.#waiting.get(name) ?? now;
    this.#waiting.set(name, since);
    if (now - since >= confirmedWithinMs) {
      this.#waiting.delete(name);
      await sayUnconfirmed(services, definitionResource, name);
    }
    setTimeout(() => this.#enqueue(name), retryMs).unref();
  }
}

function pathOf({ version, resource }: Resource): string {
  return `${version}/${resource}`;
}
