import { perCallLimit } from '../../cel/budget.ts';
import { goQuote } from '../../object/go-format.ts';
import type { UserInfo } from '../context.ts';
import { celOf } from './cel-claims.ts';
import { compileOver } from './configuration-expressions.ts';
import type { Claims } from './distributed-claims.ts';
import { jsonKind } from './signed-token.ts';

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

type Evaluate = (seen: unknown) => unknown;
type OfClaims<T> = (claims: Claims, seen: unknown) => T;

/** Throws for an expression that does not compile. What it gives throws, in upstream's order and words. */
export function makeUserOfClaims(options: {
  mappings: ClaimMappings;
  claimRules: readonly ClaimRule[];
  userRules: readonly { expression: string; message?: string }[];
}): (claims: Claims) => UserInfo {
  const { mappings, claimRules } = options;
  const username = usernameOf(mappings.username);
  const groups = mappings.groups === undefined ? undefined : groupsOf(mappings.groups);
  const uid = mappings.uid === undefined ? undefined : uidOf(mappings.uid);
  const extra = (mappings.extra ?? []).map(({ key, valueExpression }) => ({
    key,
    expression: valueExpression,
    value: compiled(valueExpression, 'claims'),
  }));
  const required = claimRules.filter(({ claim = '' }) => claim !== '').map(requiredClaim);
  const holds = rules('claim validation expression', 'claims', claimRules);
  const isAllowed = rules('user info validation rule', 'user', options.userRules);
  return (claims) => {
    const seen = celOf(claims);
    const name = username(claims, seen);
    const list = groups?.(claims, seen) ?? [];
    const id = uid?.(claims, seen) ?? '';
    const more = extraOf(claims, seen, extra);
    for (const check of required) check(claims);
    holds(seen);
    isAllowed(celOf({ username: name, uid: id, groups: list, extra: more }));
    return {
      name,
      groups: list,
      ...(id === '' ? {} : { uid: id }),
      ...(Object.keys(more).length === 0 ? {} : { extra: more }),
    };
  };
}

/** Throws as upstream does when an expression cannot be evaluated. */
function compiled(expression: string, over: 'claims' | 'user'): Evaluate {
  const { program } = compileOver(over, expression, 'any');
  return (value) => {
    try {
      return program.evaluate({ [over]: value }, perCallLimit).run();
    } catch (error) {
      throw new Error(`expression '${expression}' resulted in error: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
}

const has = (claims: Claims, name: string): boolean => Object.hasOwn(claims, name);

/** A claim that is a text; null is an empty one. */
function textClaim(claims: Claims, name: string): string {
  if (!has(claims, name)) throw new Error('claim not present');
  const value = claims[name] ?? '';
  if (typeof value === 'string') return value;
  throw new Error(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
}

/** What `read` gives; what it throws, behind what was tried. */
function tried<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`oidc: ${what}: ${(error as Error).message}`, { cause: error });
  }
}

function usernameOf({ claim = '', prefix = '', expression }: Mapping): OfClaims<string> {
  if (expression) {
    const value = textExpression(expression, 'username');
    return (_claims, seen) => {
      const name = value(seen);
      if (name !== '') return name;
      throw new Error('oidc: empty username via CEL expression is not allowed');
    };
  }
  return (claims) => {
    const name = tried(`parse username claims ${goQuote(claim)}`, () => textClaim(claims, claim));
    if (claim === 'email' && has(claims, 'email_verified')) checkVerified(claims['email_verified']);
    return `${prefix}${name}`;
  };
}

function checkVerified(verified: unknown): void {
  if (verified === true) return;
  if (verified === false || verified === null) throw new Error('oidc: email not verified');
  throw new Error(
    `oidc: parse 'email_verified' claim: json: cannot unmarshal ${jsonKind(verified)} into Go value of type bool`,
  );
}

function textExpression(expression: string, what: string): (seen: unknown) => string {
  const evaluate = compiled(expression, 'claims');
  return (seen) =>
    tried(`error evaluating ${what} claim expression`, () => {
      const value = evaluate(seen);
      if (typeof value === 'string') return value;
      throw new Error(`${what} claim expression must return a string`);
    });
}

function uidOf({ claim = '', expression }: Mapping): OfClaims<string> | undefined {
  if (claim !== '') {
    return (claims) => tried(`parse uid claim ${goQuote(claim)}`, () => textClaim(claims, claim));
  }
  if (!expression) return undefined;
  const value = textExpression(expression, 'uid');
  return (_claims, seen) => value(seen);
}

function groupsOf({
  claim = '',
  prefix = '',
  expression,
}: Mapping): OfClaims<string[]> | undefined {
  if (claim !== '') {
    return (claims) => {
      if (!has(claims, claim)) return [];
      const groups = tried(`parse groups claim ${goQuote(claim)}`, () => textsClaim(claims[claim]));
      return groups.map((group) => `${prefix}${group}`);
    };
  }
  if (!expression) return undefined;
  const evaluate = compiled(expression, 'claims');
  return (_claims, seen) =>
    tried('error evaluating group claim expression', () => listed(evaluate(seen)));
}

/** One text, or a list of them; null is no text in a list. */
function textsClaim(value: unknown): string[] {
  if (value === null) return [];
  if (Array.isArray(value) && value.every((one) => one === null || typeof one === 'string')) {
    return value.map((one: string | null) => one ?? '');
  }
  if (typeof value === 'string') return [value];
  throw new Error(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
}

/** What an expression gave for a list of texts: empty ones are left out. */
function listed(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const list = typeof value === 'string' ? [value] : value;
  if (Array.isArray(list) && list.every((one): one is string => typeof one === 'string')) {
    return list.filter((one) => one !== '');
  }
  throw new Error('expression must return a string or a list of strings');
}

interface ExtraMapping {
  key: string;
  expression: string;
  value: Evaluate;
}

function extraOf(
  claims: Claims,
  seen: unknown,
  mappings: readonly ExtraMapping[],
): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  const { jti } = claims;
  if (typeof jti === 'string' && jti !== '') {
    extra['authentication.kubernetes.io/credential-id'] = [`JTI=${jti}`];
  }
  const values = mappings.map(({ value }) => value(seen));
  for (const [i, { key, expression }] of mappings.entries()) {
    const what = `error evaluating extra claim expression: ${expression}`;
    const list = tried(what, () => listed(values[i]));
    if (list.length > 0) extra[key] = list;
  }
  return extra;
}

function requiredClaim({ claim = '', requiredValue = '' }: ClaimRule): (claims: Claims) => void {
  return (claims) => {
    if (!has(claims, claim)) {
      throw new Error(`oidc: required claim ${claim} not present in ID token`);
    }
    const value = tried(`parse claim ${claim}`, () => textClaim(claims, claim));
    if (value === requiredValue) return;
    throw new Error(
      `oidc: required claim ${claim} value does not match. Got = ${value}, want = ${requiredValue}`,
    );
  };
}

/** All are evaluated before the first that does not hold is told. */
function rules(
  what: string,
  over: 'claims' | 'user',
  list: readonly { expression?: string; message?: string }[],
): (seen: unknown) => void {
  const checks = list.flatMap(({ expression = '', message = '' }) =>
    expression === '' ? [] : [{ expression, message, evaluate: compiled(expression, over) }],
  );
  return (seen) =>
    tried(`error evaluating ${what}`, () => {
      const results = checks.map(({ evaluate }) => evaluate(seen));
      for (const [i, { expression, message }] of checks.entries()) {
        if (typeof results[i] !== 'boolean') {
          throw new Error('validation expression must return a boolean');
        }
        if (results[i]) continue;
        throw new Error(`validation expression '${expression}' failed: ${message}`);
      }
    });
}
