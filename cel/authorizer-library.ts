import type { Environment } from '@marcbachmann/cel-js';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../object/name.ts';
import { spend } from './budget.ts';

/**
 * The variable `authorizer`: what the user of a request, or a service account, may do
 * (k8s.io/apiserver cel/library authz.go).
 */

export interface AccessQuestion {
  verb: string;
  /** Undefined: a question about a resource. */
  path?: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  fieldSelector: string;
  labelSelector: string;
}

export interface AccessAnswer {
  allowed: boolean;
  reason: string;
  error: string | undefined;
}

/** Answers for one user. May throw when the answer is not there yet; the expression is then run again. */
export interface Access {
  ask(question: AccessQuestion): AccessAnswer;
  /** The same for a service account. */
  of(namespace: string, name: string): Access;
}

type Asked = Omit<AccessQuestion, 'verb'>;

const blank: Asked = {
  group: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  fieldSelector: '',
  labelSelector: '',
};

class PathCheck {
  readonly access: Access;
  readonly asked: Asked;
  constructor(access: Access, asked: Asked) {
    this.access = access;
    this.asked = asked;
  }
}

class GroupCheck extends PathCheck {}
class ResourceCheck extends PathCheck {}

class Decision {
  readonly answer: AccessAnswer;
  constructor(answer: AccessAnswer) {
    this.answer = answer;
  }
}

/** A value of the type {@link authorizerType}. */
export class Authorizer {
  readonly access: Access;
  /** A question about what the request itself is about. */
  readonly requestResource: unknown;

  constructor(access: Access, requested: Partial<Asked>) {
    this.access = access;
    this.requestResource = new ResourceCheck(access, { ...blank, ...requested });
  }
}

const prefix = 'kubernetes.authorization';
export const authorizerType = `${prefix}.Authorizer`;

/** Upstream's estimate of what asking costs; the rest is one unit a call. */
const checkCost = 350_000;

export function registerAuthorizer(environment: Environment): void {
  environment
    .registerType(`${prefix}.Decision`, Decision)
    .registerType(`${prefix}.PathCheck`, PathCheck)
    .registerType(`${prefix}.GroupCheck`, GroupCheck)
    .registerType(`${prefix}.ResourceCheck`, ResourceCheck)
    .registerType(authorizerType, {
      ctor: Authorizer,
      fields: { requestResource: `${prefix}.ResourceCheck` },
    })
    .registerFunction(
      `${authorizerType}.path(string): ${prefix}.PathCheck`,
      ({ access }: Authorizer, path: string) =>
        new PathCheck(access, { ...blank, path: notBlank(path, 'path') }),
    )
    .registerFunction(
      `${authorizerType}.group(string): ${prefix}.GroupCheck`,
      ({ access }: Authorizer, group: string) => new GroupCheck(access, { ...blank, group }),
    )
    .registerFunction(
      `${authorizerType}.serviceAccount(string, string): ${authorizerType}`,
      ({ access }: Authorizer, namespace: string, name: string) => {
        if (dns1123SubdomainErrors(name).length > 0) {
          throw new Error('Invalid service account name');
        }
        if (dns1123LabelErrors(namespace).length > 0) {
          throw new Error('Invalid service account namespace');
        }
        return new Authorizer(access.of(namespace, name), {});
      },
    )
    .registerFunction(
      `${prefix}.GroupCheck.resource(string): ${prefix}.ResourceCheck`,
      ({ access, asked }: GroupCheck, resource: string) =>
        new ResourceCheck(access, { ...asked, resource: notBlank(resource, 'resource') }),
    );
  registerNarrowing(environment);
  registerAnswers(environment);
}

function notBlank(text: string, what: string): string {
  if (text.trim() === '') throw new Error(`${what} must not be empty`);
  return text;
}

function registerNarrowing(environment: Environment): void {
  for (const field of [
    'subresource',
    'namespace',
    'name',
    'fieldSelector',
    'labelSelector',
  ] as const) {
    environment.registerFunction(
      `${prefix}.ResourceCheck.${field}(string): ${prefix}.ResourceCheck`,
      ({ access, asked }: ResourceCheck, value: string) =>
        new ResourceCheck(access, { ...asked, [field]: value }),
    );
  }
}

function registerAnswers(environment: Environment): void {
  const check = ({ access, asked }: PathCheck, verb: string): Decision => {
    spend(checkCost);
    return new Decision(access.ask({ ...asked, verb }));
  };
  const decision = `${prefix}.Decision`;
  environment
    .registerFunction(`${prefix}.PathCheck.check(string): ${decision}`, check)
    .registerFunction(`${prefix}.ResourceCheck.check(string): ${decision}`, check)
    .registerFunction(`${decision}.allowed(): bool`, ({ answer }: Decision) => answer.allowed)
    .registerFunction(`${decision}.reason(): string`, ({ answer }: Decision) => answer.reason)
    .registerFunction(
      `${decision}.errored(): bool`,
      ({ answer }: Decision) => answer.error !== undefined,
    )
    .registerFunction(`${decision}.error(): string`, ({ answer }: Decision) => answer.error ?? '');
}
