import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { inVersion } from '../webhook/dispatch.ts';
import { RequestAccess } from './access.ts';
import { compileValidatingPolicy, type ValidatingPolicy } from './compile.ts';
import { type Hook, policyHooks } from './hooks.ts';
import { invocationsOf, namespaceValue, type PolicyOptions, withParam } from './invocations.ts';
import { judge } from './judge.ts';
import { isExemptFromPolicies, rulesMatch } from './match.ts';
import { Report } from './report.ts';
import { requestValues } from './request-values.ts';

/**
 * Judges requests by the expressions of the ValidatingAdmissionPolicies that are bound
 * (k8s.io/apiserver admission/plugin/policy/validating dispatcher.go).
 */
export function makeValidatingPolicies(options: PolicyOptions): AdmissionPlugin {
  const hooks = policyHooks(options.policies, options.bindings, compileValidatingPolicy);

  return {
    name: 'ValidatingAdmissionPolicy',
    validate(request) {
      const all = hooks();
      if (all.length === 0 || isExemptFromPolicies(request)) return undefined;
      const wanted = all.filter(({ policy }) => rulesMatch(policy.criteria, request, options));
      return wanted.length === 0 ? undefined : judgeBy(wanted, request, options);
    },
  };
}

async function judgeBy(
  hooks: readonly Hook<ValidatingPolicy>[],
  request: AdmissionRequest,
  options: PolicyOptions,
): Promise<void> {
  const report = new Report(request);
  const access = new RequestAccess(options.authorize);
  for (const hook of hooks) {
    const { policy } = hook;
    const invocations = await invocationsOf(hook, request, options, (binding, error) =>
      report.misconfigured(policy, binding, error),
    );
    const [first] = invocations;
    if (first === undefined) continue;
    const namespaceObject = await namespaceValue(request, options);
    const sent = await inVersion(request, first.apiVersion, options);
    const shared = requestValues(request, sent, access);
    for (const { binding, param } of invocations) {
      const values = withParam(shared, param, namespaceObject);
      report.add(policy, binding, await judge(policy, values, access));
    }
    report.annotate(policy);
  }
  report.settle();
}
