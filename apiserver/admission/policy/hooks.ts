import type { KubeObject } from '../../../object/object.ts';
import type { Lister } from '../../watch/view.ts';
import type { CompiledPolicy } from './compile.ts';
import { byName, type PolicyCriteria, readCriteria } from './match.ts';
import type { ParamRef } from './params.ts';

/** A binding, made ready. */
export interface Binding {
  name: string;
  /** Undefined: all that its policy matches. */
  criteria: PolicyCriteria | undefined;
  paramRef: ParamRef | undefined;
  /** `validationActions`; none where bindings have none. */
  actions: readonly string[];
}

/** A policy that is bound. */
export interface Hook<P> {
  policy: P;
  bindings: readonly Binding[];
}

/**
 * The policies that are bound, in the order of their names; bindings without a policy do nothing
 * (policy/generic policy_source.go). Each version of a policy is compiled once, with the first
 * request after it has changed.
 */
export function policyHooks<P extends CompiledPolicy>(
  policies: Lister,
  bindings: Lister,
  compile: (policy: KubeObject) => P,
): () => readonly Hook<P>[] {
  const compiled = new Map<string, P>();
  let hooks: readonly Hook<P>[] | undefined;
  policies.onChange(({ object }) => {
    compiled.delete(object.name);
    hooks = undefined;
  });
  bindings.onChange(() => {
    hooks = undefined;
  });

  function compiledOnce(policy: KubeObject): P {
    const name = policy.metadata.name ?? '';
    let ready = compiled.get(name);
    if (ready === undefined) {
      ready = compile(policy);
      compiled.set(name, ready);
    }
    return ready;
  }

  function read(): Hook<P>[] {
    const bound = Map.groupBy(bindings.list('').toSorted(byName), ({ spec }) => spec?.policyName);
    return policies
      .list('')
      .toSorted(byName)
      .flatMap((policy) => {
        const found = bound.get(policy.metadata.name);
        return found === undefined
          ? []
          : [{ policy: compiledOnce(policy), bindings: found.map(readBinding) }];
      });
  }

  return () => (hooks ??= read());
}

function readBinding({ metadata, spec = {} }: KubeObject): Binding {
  return {
    name: metadata.name ?? '',
    criteria: spec.matchResources === undefined ? undefined : readCriteria(spec.matchResources),
    paramRef: spec.paramRef,
    actions: spec.validationActions ?? [],
  };
}
