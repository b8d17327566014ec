import type { JWTPayload } from 'jose';
import { perCallLimit } from '../../cel/budget.ts';
import { toCel } from '../../cel/value.ts';
import type { UserInfo } from '../context.ts';
import { compileOver } from './configuration-expressions.ts';

/**
 * Claims to a user as an AuthenticationConfiguration says: by the names of claims or by CEL over
 * `claims` and, for what is checked last, `user` (k8s.io/apiserver authentication/cel, plugin oidc).
 */
export interface ClaimMappings {
  username: Mapping;
  groups?: Mapping;
  uid?: Mapping;
  extra?: { key: string; valueExpression: string }[];
}

export interface Mapping {
  claim?: string;
  prefix?: string;
  expression?: string;
}

export interface ClaimRule {
  claim?: string;
  requiredValue?: string;
  expression?: string;
  message?: string;
}

type Evaluate = (variables: Record<string, unknown>) => unknown;

/** Throws for an expression that does not compile. */
export function makeUserOfClaims(options: {
  mappings: ClaimMappings;
  claimRules: readonly ClaimRule[];
  userRules: readonly { expression: string; message?: string }[];
}): (claims: JWTPayload) => UserInfo {
  const { mappings } = options;
  const claimChecks = options.claimRules.map(claimCheck);
  const userChecks = options.userRules.map(({ expression, message }) => ({
    holds: compiled(expression, 'user'),
    message: message ?? expression,
  }));
  const username = textOf(mappings.username, 'username');
  const groups = mappings.groups === undefined ? undefined : listOf(mappings.groups);
  const uid = mappings.uid === undefined ? undefined : textOf(mappings.uid, 'uid');
  const extra = (mappings.extra ?? []).map(({ key, valueExpression }) => ({
    key,
    value: compiled(valueExpression, 'claims'),
  }));
  return (payload) => {
    const claims = toCel(payload, undefined);
    for (const check of claimChecks) check(payload, claims);
    const user: UserInfo = {
      name: username(payload, claims),
      groups: groups?.(payload, claims) ?? [],
      ...(uid === undefined ? {} : { uid: uid(payload, claims) }),
      ...extraOf(payload, claims, extra),
    };
    if (user.name === '') throw new Error('oidc: username cannot be an empty string');
    checkUser(user, userChecks);
    return user;
  };
}

function compiled(expression: string, over: 'claims' | 'user'): Evaluate {
  const { program } = compileOver(over, expression, 'any');
  return (values) => program.evaluate(values, perCallLimit).run();
}

function claimCheck(rule: ClaimRule): (payload: JWTPayload, claims: unknown) => void {
  const { claim, requiredValue = '', expression, message } = rule;
  if (expression !== undefined && expression !== '') {
    const holds = compiled(expression, 'claims');
    return (_payload, claims) => {
      if (holds({ claims }) !== true) {
        throw new Error(
          `oidc: error evaluating claim validation expression: ${message ?? `validation expression '${expression}' failed`}`,
        );
      }
    };
  }
  const name = claim ?? '';
  return (payload) => {
    if (payload[name] === undefined) {
      throw new Error(`oidc: required claim ${name} not present in ID token`);
    }
    if (payload[name] !== requiredValue) {
      throw new Error(
        `oidc: required claim ${name} value does not match. Got = ${JSON.stringify(payload[name])}, want = ${JSON.stringify(requiredValue)}`,
      );
    }
  };
}

type OfClaims<T> = (payload: JWTPayload, claims: unknown) => T;

function textOf({ claim = '', prefix = '', expression }: Mapping, what: string): OfClaims<string> {
  if (expression !== undefined && expression !== '') {
    const value = compiled(expression, 'claims');
    return (_payload, claims) => {
      const text = value({ claims });
      if (typeof text !== 'string') {
        throw new Error(`oidc: error evaluating ${what} claim expression: must return a string`);
      }
      return text;
    };
  }
  return (payload) => {
    const text = payload[claim];
    if (typeof text !== 'string') {
      throw new Error(`oidc: parse ${what} claims ${JSON.stringify(claim)}: claim not present`);
    }
    if (claim === 'email' && payload['email_verified'] === false) {
      throw new Error('oidc: email not verified');
    }
    return `${prefix}${text}`;
  };
}

function listOf({ claim = '', prefix = '', expression }: Mapping): OfClaims<string[]> {
  const value: OfClaims<unknown> =
    expression === undefined || expression === ''
      ? (payload) => payload[claim]
      : (
          (evaluate) => (_payload: JWTPayload, claims: unknown) =>
            evaluate({ claims })
        )(compiled(expression, 'claims'));
  return (payload, claims) => strings(value(payload, claims)).map((group) => `${prefix}${group}`);
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function extraOf(
  payload: JWTPayload,
  claims: unknown,
  mappings: readonly { key: string; value: Evaluate }[],
): { extra?: Record<string, string[]> } {
  const extra: Record<string, string[]> = {};
  if (payload.jti !== undefined) {
    extra['authentication.kubernetes.io/credential-id'] = [`JTI=${payload.jti}`];
  }
  for (const { key, value } of mappings) {
    const list = strings(value({ claims }));
    if (list.length > 0) extra[key] = list;
  }
  return Object.keys(extra).length === 0 ? {} : { extra };
}

function checkUser(user: UserInfo, checks: readonly { holds: Evaluate; message: string }[]): void {
  if (checks.length === 0) return;
  const { name, uid, groups, extra } = user;
  const seen = toCel({ username: name, uid: uid ?? '', groups, extra: extra ?? {} }, undefined);
  for (const { holds, message } of checks) {
    if (holds({ user: seen }) !== true) {
      throw new Error(`oidc: error evaluating user info validation rule: ${message}`);
    }
  }
}
