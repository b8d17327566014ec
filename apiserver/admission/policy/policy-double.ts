import assert from 'node:assert/strict';
import { StatusError } from '../../../object/status-error.ts';
import type { Decision } from '../../authz/authorizer.ts';
import type { Authorize } from '../../authz/authorize.ts';
import { MemoryListers } from '../../watch/memory-lister.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import type { FindParams } from './params.ts';
import { makeValidatingPolicies } from './validating.ts';

/** For tests of policies: a plugin over objects put in by hand, and what it says of a pod. */

export const rule = {
  operations: ['*'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['pods'],
};
export const group = 'admissionregistration.k8s.io';
export type Spec = Record<string, unknown>;

/** A plugin over objects put in by hand; `p` is the policy, `b` its binding. */
export function world(spec: Spec, binding: Spec = {}, authorize: Authorize = never) {
  const listers = new MemoryListers();
  const policies = listers.lister(group, 'validatingadmissionpolicies');
  const bindings = listers.lister(group, 'validatingadmissionpolicybindings');
  const configMaps = listers.lister('', 'configmaps');
  const namespaces = listers.lister('', 'namespaces');
  const put = (lister: typeof policies, name: string, parts: Spec) =>
    lister.put({ apiVersion: 'v1', kind: 'X', metadata: { name }, spec: parts });
  const policy = (more: Spec) =>
    put(policies, 'p', { matchConstraints: { resourceRules: [rule] }, ...more });
  const bind = (name: string, more: Spec) =>
    put(bindings, name, { policyName: 'p', validationActions: ['Deny'], ...more });
  policy(spec);
  bind('b', binding);
  namespaces.put({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'ns', labels: { team: 'a' } },
  });
  const findParams: FindParams = ({ kind }) =>
    kind === 'ConfigMap' || kind === 'Wide'
      ? {
          namespaced: kind === 'ConfigMap',
          get: async (namespace, name) => configMaps.get(namespace, name),
          list: async (namespace) => configMaps.list(namespace),
        }
      : undefined;
  const plugin = makeValidatingPolicies({
    policies,
    bindings,
    namespaces,
    readNamespace: async () => undefined,
    authorize,
    findParams,
  });
  return { plugin, policy, bind, bindings, configMaps };
}

function never(): Decision {
  throw new Error('the authorizer was asked');
}

export function podRequest(more: object = {}) {
  const object = makeObject('Pod', 'web', { spec: { replicas: 5, containers: [{ name: 'c' }] } });
  return admissionRequest({ of: 'pods', object, ...more });
}

export async function outcome(
  { plugin }: ReturnType<typeof world>,
  request = podRequest(),
): Promise<string | undefined> {
  try {
    await plugin.validate?.(request);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return `${error.code} ${error.reason}: ${error.message}`;
  }
}

export const by = `pods "web" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request:`;
export const check = (expression: string, more: object = {}) => ({
  validations: [{ expression, ...more }],
});
