import type { KubeObject } from '../../object/object.ts';
import { flowSchemas, priorityLevelConfigurations } from '../bootstrap/flow-control-policy.ts';
import type { RequestContext, RequestInfo, UserInfo } from '../context.ts';
import type { Lister } from '../watch/view.ts';
import {
  classify,
  distinguish,
  type FlowSchema,
  readFlowSchema,
  sortFlowSchemas,
} from './classify.ts';
import type { PriorityLevel, PriorityLevels } from './priority-levels.ts';
import { dealHand } from './shuffle-shard.ts';

/** What a request is part of: its schema, its level, the queues it may wait in. */
export interface Flow {
  schema: FlowSchema;
  level: PriorityLevel;
  /** What keeps it apart from others of its schema. */
  distinguisher: string;
  hand: readonly number[];
}

interface UserFlows {
  epoch: number;
  flows: Map<string, Flow>;
}

const flowsPerUserMax = 512;

/** Remembers how a user's requests are classified until a schema or level changes. */
export class Flows {
  readonly #options: { flowSchemas: Lister; priorityLevels: Lister };
  readonly #levels: PriorityLevels;
  /** Users are identified by object: authenticators hand out one per credential. */
  readonly #users = new WeakMap<UserInfo, UserFlows>();
  #schemas: FlowSchema[] = [];
  #epoch = 0;
  #stale = true;

  constructor(options: { flowSchemas: Lister; priorityLevels: Lister }, levels: PriorityLevels) {
    this.#options = options;
    this.#levels = levels;
    const invalidate = () => {
      this.#stale = true;
    };
    options.flowSchemas.onChange(invalidate);
    options.priorityLevels.onChange(invalidate);
  }

  of({ user, info }: RequestContext): Flow {
    if (this.#stale) this.#reload();
    let own = this.#users.get(user);
    if (own === undefined || own.epoch !== this.#epoch) {
      own = { epoch: this.#epoch, flows: new Map() };
      this.#users.set(user, own);
    }
    const key = info.isResourceRequest
      ? `${info.verb}|${info.group}|${info.resource}|${info.subresource}|${info.namespace}`
      : `${info.verb} ${info.path}`;
    let flow = own.flows.get(key);
    if (flow === undefined) {
      flow = this.#find(user, info);
      if (own.flows.size >= flowsPerUserMax) own.flows.clear();
      own.flows.set(key, flow);
    }
    return flow;
  }

  #reload(): void {
    this.#stale = false;
    this.#epoch++;
    const { priorityLevels, flowSchemas: schemas } = this.#options;
    this.#levels.configure(withMandatory(priorityLevels.list(''), priorityLevelConfigurations()));
    const known = new Set(this.#levels.all().map(({ name }) => name));
    const found = withMandatory(schemas.list(''), flowSchemas()).map(readFlowSchema);
    // A schema that names a level that is not there matches nothing.
    this.#schemas = sortFlowSchemas(found.filter(({ level }) => known.has(level)));
  }

  #find(user: UserInfo, info: RequestInfo): Flow {
    const schema = classify(this.#schemas, user, info) ?? (this.#schemas.at(-1) as FlowSchema);
    const level = this.#levels.get(schema.level) as PriorityLevel;
    const { queues, handSize } = level.layout;
    const distinguisher = distinguish(schema, user, info);
    const flow = `${schema.name}\0${distinguisher}`;
    const hand = queues === 0 ? [] : dealHand(flow, queues, handSize);
    return { schema, level, distinguisher, hand };
  }
}

/** Flow control works before its objects are there, and without them. */
function withMandatory(found: readonly KubeObject[], ours: readonly KubeObject[]): KubeObject[] {
  const names = new Set(found.map(({ metadata }) => metadata.name));
  const missing = ours.filter(
    ({ metadata }) =>
      (metadata.name === 'exempt' || metadata.name === 'catch-all') && !names.has(metadata.name),
  );
  return [...found, ...missing];
}
