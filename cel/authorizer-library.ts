import type { Functions } from './run/functions.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../object/name.ts';

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

const prefix = 'kubernetes.authorization';
const authorizerType = `${prefix}.Authorizer`;

class PathCheck {
  readonly celType: string = `${prefix}.PathCheck`;
  readonly access: Access;
  readonly asked: Asked;
  constructor(access: Access, asked: Asked) {
    this.access = access;
    this.asked = asked;
  }
}

class GroupCheck extends PathCheck {
  override readonly celType = `${prefix}.GroupCheck`;
}
class ResourceCheck extends PathCheck {
  override readonly celType = `${prefix}.ResourceCheck`;
}

class Decision {
  readonly celType = `${prefix}.Decision`;
  readonly answer: AccessAnswer;
  constructor(answer: AccessAnswer) {
    this.answer = answer;
  }
}

/** The value of the variable. */
export class Authorizer {
  readonly celType = authorizerType;
  readonly access: Access;
  readonly #requested: ResourceCheck;

  constructor(access: Access, requested: Partial<Asked>) {
    this.access = access;
    this.#requested = new ResourceCheck(access, { ...blank, ...requested });
  }

  /** `authorizer.requestResource`: what the request itself is about. */
  celField(name: string): readonly [unknown] | undefined {
    return name === 'requestResource' ? [this.#requested] : undefined;
  }
}

export function registerAuthorizer(functions: Functions): void {
  functions
    .add(
      `.path(${authorizerType}, string)`,
      ({ access }: Authorizer, path: string) =>
        new PathCheck(access, { ...blank, path: notBlank(path, 'path') }),
    )
    .add(
      `.group(${authorizerType}, string)`,
      ({ access }: Authorizer, group: string) => new GroupCheck(access, { ...blank, group }),
    )
    .add(
      `.serviceAccount(${authorizerType}, string, string)`,
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
    .add(
      `.resource(${prefix}.GroupCheck, string)`,
      ({ access, asked }: GroupCheck, resource: string) =>
        new ResourceCheck(access, { ...asked, resource: notBlank(resource, 'resource') }),
    );
  registerNarrowing(functions);
  registerAnswers(functions);
}

function notBlank(text: string, what: string): string {
  if (text.trim() === '') throw new Error(`${what} must not be empty`);
  return text;
}

function registerNarrowing(functions: Functions): void {
  for (const field of [
    'subresource',
    'namespace',
    'name',
    'fieldSelector',
    'labelSelector',
  ] as const) {
    functions.add(
      `.${field}(${prefix}.ResourceCheck, string)`,
      ({ access, asked }: ResourceCheck, value: string) =>
        new ResourceCheck(access, { ...asked, [field]: value }),
    );
  }
}

function registerAnswers(functions: Functions): void {
  const check = ({ access, asked }: PathCheck, verb: string): Decision => {
    return new Decision(access.ask({ ...asked, verb }));
  };
  const decision = `${prefix}.Decision`;
  functions
    .add(`.check(${prefix}.PathCheck, string)`, check)
    .add(`.check(${prefix}.ResourceCheck, string)`, check)
    .add(`.allowed(${decision})`, ({ answer }: Decision) => answer.allowed)
    .add(`.reason(${decision})`, ({ answer }: Decision) => answer.reason)
    .add(`.errored(${decision})`, ({ answer }: Decision) => answer.error !== undefined)
    .add(`.error(${decision})`, ({ answer }: Decision) => answer.error ?? '');
}
