import type { NonResourceRule, ResourceRule, RuleResolver } from './authorizer.ts';

/** The rules of several authorizers as one list (authorization/union RulesFor). */
export function resolveRules(resolvers: readonly RuleResolver[]): RuleResolver {
  return {
    async rulesFor(user, namespace) {
      const resourceRules: ResourceRule[] = [];
      const nonResourceRules: NonResourceRule[] = [];
      const errors: string[] = [];
      let incomplete = false;
      for (const resolver of resolvers) {
        const found = await resolver.rulesFor(user, namespace);
        resourceRules.push(...found.resourceRules);
        nonResourceRules.push(...found.nonResourceRules);
        incomplete ||= found.incomplete;
        if (found.evaluationError !== undefined) errors.push(found.evaluationError);
      }
      const evaluationError = errors.length > 1 ? `[${errors.join(', ')}]` : errors[0];
      return {
        resourceRules,
        nonResourceRules,
        incomplete,
        ...(evaluationError === undefined ? {} : { evaluationError }),
      };
    },
  };
}

/** For authorizers that decide but cannot list: `webhook`, `node`. */
export function unlistableRules(name: string): RuleResolver {
  return {
    rulesFor: async () => ({
      resourceRules: [],
      nonResourceRules: [],
      incomplete: true,
      evaluationError: `${name} authorizer does not support user rule resolution`,
    }),
  };
}
