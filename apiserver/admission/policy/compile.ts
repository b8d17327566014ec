import {
  type Compiled,
  compileAdmission,
  compileVariables,
  type Offered,
} from '../../../cel/admission.ts';
import { type KubeObject, parseApiVersion } from '../../../object/object.ts';
import type { Variable } from './evaluation.ts';
import { type PolicyCriteria, readCriteria } from './match.ts';
import { compileConditions } from './match-conditions.ts';
import type { ParamKind } from './params.ts';
import { applyConfiguration, jsonPatch, type Patch } from './patch.ts';

/** What policies that judge and policies that change have in common, made ready. */
export interface CompiledPolicy {
  name: string;
  failurePolicy: 'Fail' | 'Ignore';
  criteria: PolicyCriteria;
  paramKind: ParamKind | undefined;
  conditions: readonly Compiled[];
  variables: readonly Variable[];
}

export interface CompiledValidation {
  check: Compiled;
  message: Compiled | undefined;
  /** What is said when there is no message expression, or it gives nothing to say. */
  text: string;
  reason: string;
}

/** A ValidatingAdmissionPolicy, made ready. */
export interface ValidatingPolicy extends CompiledPolicy {
  validations: readonly CompiledValidation[];
  annotations: readonly { key: string; value: Compiled }[];
}

/** One of a policy's mutations: what it evaluates to becomes a change. */
export interface Mutation {
  expression: Compiled;
  patch: Patch;
}

/** A MutatingAdmissionPolicy, made ready. */
export interface MutatingPolicy extends CompiledPolicy {
  mutations: readonly Mutation[];
  reinvocationPolicy: 'Never' | 'IfNeeded';
}

/** Also gives what the policy's other expressions may use. */
export function compilePolicy({ metadata, spec = {} }: KubeObject): {
  policy: CompiledPolicy;
  offered: Offered;
} {
  const paramKind = readParamKind(spec.paramKind);
  const params = paramKind !== undefined;
  const { compiled, variables } = compileVariables(spec.variables ?? [], params);
  const offered = { params, authorizer: true, variables };
  const policy = {
    name: metadata.name ?? '',
    failurePolicy: spec.failurePolicy ?? 'Fail',
    criteria: readCriteria(spec.matchConstraints ?? {}),
    paramKind,
    conditions: compileConditions(spec.matchConditions ?? [], offered),
    variables: compiled,
  };
  return { policy, offered };
}

export function compileValidatingPolicy(object: KubeObject): ValidatingPolicy {
  const { policy, offered } = compilePolicy(object);
  const { validations = [], auditAnnotations = [] } = object.spec ?? {};
  return {
    ...policy,
    validations: (validations as Validation[]).map((one) => compileValidation(one, offered)),
    annotations: (auditAnnotations as { key: string; valueExpression: string }[]).map(
      ({ key, valueExpression }) => ({
        key,
        value: compileAdmission(valueExpression, offered, 'string or null'),
      }),
    ),
  };
}

export function compileMutatingPolicy(object: KubeObject): MutatingPolicy {
  const { policy, offered } = compilePolicy(object);
  const { mutations = [], reinvocationPolicy = 'Never' } = object.spec ?? {};
  return {
    ...policy,
    reinvocationPolicy,
    mutations: (mutations as GivenMutation[]).map((one) => ({
      expression: compileMutation(one, offered),
      patch: one.patchType === 'JSONPatch' ? jsonPatch : applyConfiguration,
    })),
  };
}

interface GivenMutation {
  patchType: string;
  jsonPatch?: { expression: string };
  applyConfiguration?: { expression: string };
}

function compileMutation(given: GivenMutation, offered: Offered): Compiled {
  return given.patchType === 'JSONPatch'
    ? compileAdmission(given.jsonPatch?.expression ?? '', offered, 'JSONPatch')
    : compileAdmission(given.applyConfiguration?.expression ?? '', offered, 'Object');
}

interface Validation {
  expression: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
}

function compileValidation(
  { expression, message, messageExpression, reason }: Validation,
  offered: Offered,
): CompiledValidation {
  return {
    check: compileAdmission(expression, offered, 'bool'),
    message: messageExpression
      ? compileAdmission(messageExpression, { ...offered, authorizer: false }, 'string')
      : undefined,
    text: message?.trim() || `failed expression: ${expression.trim()}`,
    reason: reason ?? 'Invalid',
  };
}

function readParamKind(
  given: { apiVersion: string; kind: string } | undefined,
): ParamKind | undefined {
  if (given === undefined) return undefined;
  const { group = '', version = '' } = parseApiVersion(given.apiVersion) ?? {};
  return { group, version, kind: given.kind };
}
