import { matchConditionsBudget, runtimeBudget } from '../../../cel/budget.ts';
import { type StatusCause, StatusError } from '../../../object/status-error.ts';
import { schemaFor } from '../../../schema/built-in.ts';
import { type KubeObject, parseApiVersion } from '../../../object/object.ts';
import type { Schema } from '../../../schema/schema.ts';
import type { Resource } from '../../apis/resource.ts';
import { changeObject } from '../change.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';
import { Rounds } from '../reinvocation.ts';
import { inVersion } from '../webhook/dispatch.ts';
import { RequestAccess } from './access.ts';
import { compileMutatingPolicy, type Mutation, type MutatingPolicy } from './compile.ts';
import { Evaluation } from './evaluation.ts';
import { type Binding, type Hook, policyHooks } from './hooks.ts';
import {
  type Invocation,
  invocationsOf,
  namespaceValue,
  type PolicyOptions,
  withParam,
} from './invocations.ts';
import { isExemptFromPolicies, rulesMatch } from './match.ts';
import { conditionsHold } from './match-conditions.ts';
import { requestValues } from './request-values.ts';

/**
 * Changes objects by the expressions of the MutatingAdmissionPolicies that are bound, one after
 * another (k8s.io/apiserver admission/plugin/policy/mutating dispatcher.go).
 */
export interface MutatingPolicyOptions extends PolicyOptions {
  /** Of a resource in another of its apiVersions. */
  schemaOf?: ((resource: Resource, apiVersion: string) => Schema | undefined) | undefined;
}

export function makeMutatingPolicies(options: MutatingPolicyOptions): AdmissionPlugin {
  const hooks = policyHooks(options.policies, options.bindings, compileMutatingPolicy);
  const rounds = new Rounds();

  return {
    name: 'MutatingAdmissionPolicy',
    mutate(request) {
      const all = hooks();
      if (all.length === 0 || isExemptFromPolicies(request)) return undefined;
      const wanted = all.filter(({ policy }) => rulesMatch(policy.criteria, request, options));
      return wanted.length === 0 ? undefined : new Run(request, options, rounds).run(wanted);
    },
    takeReinvocation: (request) => rounds.wantsAnother(request),
  };
}

/** One round of one request. */
class Run {
  readonly #request: AdmissionRequest;
  readonly #options: MutatingPolicyOptions;
  readonly #rounds: Rounds;
  readonly #access: RequestAccess;
  readonly #errors: { message: string; reason: string }[] = [];
  #namespaceObject: unknown;

  constructor(request: AdmissionRequest, options: MutatingPolicyOptions, rounds: Rounds) {
    this.#request = request;
    this.#options = options;
    this.#rounds = rounds;
    this.#access = new RequestAccess(options.authorize);
  }

  async run(hooks: readonly Hook<MutatingPolicy>[]): Promise<void> {
    const found: [MutatingPolicy, Invocation][] = [];
    for (const hook of hooks) {
      const { policy } = hook;
      const invocations = await invocationsOf(
        hook,
        this.#request,
        this.#options,
        (binding, error) => {
          const what = binding === undefined ? 'policy' : 'binding';
          this.#fail(policy, binding, `failed to configure ${what}: ${error.message}`, 'Forbidden');
        },
      );
      for (const invocation of invocations) found.push([policy, invocation]);
    }
    if (found.length > 0) {
      this.#namespaceObject = await namespaceValue(this.#request, this.#options);
      const round = this.#rounds.of(this.#request);
      round.begin();
      for (const [policy, invocation] of found) await this.#invoke(policy, invocation, round);
      round.end();
    }
    this.#settle();
  }

  async #invoke(
    policy: MutatingPolicy,
    invocation: Invocation,
    round: ReturnType<Rounds['of']>,
  ): Promise<void> {
    const { binding, param } = invocation;
    try {
      if (!(await this.#wanted(policy, invocation))) return;
    } catch (error) {
      this.#fail(policy, binding, (error as Error).message, 'Invalid');
      return;
    }
    const { namespace = '', name = '' } = param?.metadata ?? {};
    const id = JSON.stringify([policy.name, binding.name, namespace, name]);
    if (!round.runs(id)) return;
    let changed = false;
    for (const mutation of policy.mutations) {
      if (this.#request.object === undefined) break;
      try {
        changed = (await this.#mutate(policy, invocation, mutation)) || changed;
      } catch (error) {
        if (error instanceof StatusError) throw error;
        this.#fail(policy, binding, (error as Error).message, 'Invalid');
      }
    }
    round.ran(id, changed, policy.reinvocationPolicy === 'IfNeeded');
  }

  async #values({ apiVersion, param }: Invocation): Promise<object> {
    const sent = await inVersion(this.#request, apiVersion, this.#options);
    const shared = requestValues(this.#request, sent, this.#access);
    return withParam(shared, param, this.#namespaceObject);
  }

  async #wanted(policy: MutatingPolicy, invocation: Invocation): Promise<boolean> {
    const { conditions, failurePolicy, variables } = policy;
    if (conditions.length === 0) return true;
    const values = await this.#values(invocation);
    const evaluation = new Evaluation(values, matchConditionsBudget, this.#access, variables);
    return conditionsHold(conditions, evaluation, failurePolicy);
  }

  async #mutate(
    policy: MutatingPolicy,
    invocation: Invocation,
    { expression, patch }: Mutation,
  ): Promise<boolean> {
    if (expression.error !== undefined) throw new Error(expression.error);
    const values = await this.#values(invocation);
    const evaluation = new Evaluation(values, runtimeBudget, this.#access, policy.variables);
    const { value, error } = await evaluation.evaluate(expression);
    if (error !== undefined) throw new Error(error);
    const { apiVersion } = invocation;
    return changeObject(this.#request, apiVersion, this.#options, (seen) =>
      patch(value, seen, this.#schemaOf(seen)),
    );
  }

  #schemaOf({ apiVersion, kind }: KubeObject): Schema {
    const { resource } = this.#request;
    const free: Schema = { type: 'any' };
    if (kind !== resource.kind) {
      // a subresource's own kind
      const { group = '', version: own = '' } = parseApiVersion(apiVersion) ?? {};
      return schemaFor({ group, version: own, kind }) ?? free;
    }
    if (apiVersion === resource.apiVersion) return resource.schema;
    return this.#options.schemaOf?.(resource, apiVersion) ?? free;
  }

  #fail(policy: MutatingPolicy, binding: Binding | undefined, why: string, reason: string): void {
    if (policy.failurePolicy === 'Ignore') return;
    const by =
      binding === undefined
        ? `policy ${JSON.stringify(policy.name)}`
        : `policy '${policy.name}' with binding '${binding.name}'`;
    this.#errors.push({ message: `${by} denied request: ${why}`, reason });
  }

  #settle(): void {
    const [first] = this.#errors;
    if (first === undefined) return;
    const { details } = refused(this.#request, '');
    const causes: StatusCause[] = this.#errors.map(({ message }) => ({ message }));
    throw new StatusError(403, first.reason, first.message, { ...details, causes });
  }
}
