import type { Access, AccessAnswer, AccessQuestion } from '../../../cel/authorizer-library.ts';
import { serviceAccountGroups } from '../../authn/service-account-claims.ts';
import type { Attributes, Decision } from '../../authz/authorizer.ts';
import type { Authorize } from '../../authz/authorize.ts';
import type { UserInfo } from '../../context.ts';

/**
 * The authorizer as expressions ask it. Expressions do not wait: a question whose answer takes time
 * fails, and is asked again when the answer is there. One per request; each question is asked once
 * (k8s.io/apiserver admission/plugin/authorizer caching_authorizer.go). Bounded by what asking costs
 * an expression.
 */
export class RequestAccess {
  readonly #authorize: Authorize;
  readonly #answers = new Map<string, AccessAnswer>();
  #waiting: Promise<void> | undefined;

  constructor(authorize: Authorize) {
    this.#authorize = authorize;
  }

  /** An expression has failed for want of an answer. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** What to wait for before the expression is run again; undefined: nothing. */
  take(): Promise<void> | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  of(user: UserInfo): Access {
    return this.#access('', user);
  }

  #access(id: string, user: UserInfo): Access {
    return {
      ask: (question) => this.#ask(id, user, question),
      of: (namespace, name) =>
        this.#access(`${namespace}/${name}`, {
          name: `system:serviceaccount:${namespace}:${name}`,
          groups: serviceAccountGroups(namespace),
        }),
    };
  }

  #ask(id: string, user: UserInfo, question: AccessQuestion): AccessAnswer {
    const key = JSON.stringify([id, question]);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const decision = this.#authorize(attributesOf(user, question));
    if (!(decision instanceof Promise)) {
      const answer = answerOf(decision);
      this.#answers.set(key, answer);
      return answer;
    }
    const answered = decision.then(answerOf, failed).then((answer) => {
      this.#answers.set(key, answer);
    });
    const before = this.#waiting;
    this.#waiting = before === undefined ? answered : before.then(() => answered);
    throw new Error('the authorizer has not answered yet');
  }
}

function attributesOf(user: UserInfo, question: AccessQuestion): Attributes {
  const { path, fieldSelector, labelSelector, ...rest } = question;
  return {
    ...rest,
    user,
    resourceRequest: path === undefined,
    version: path === undefined ? '*' : '',
    path: path ?? '',
    ...(fieldSelector === '' ? {} : { fieldSelector }),
    ...(labelSelector === '' ? {} : { labelSelector }),
  };
}

function answerOf(decision: Decision): AccessAnswer {
  return {
    allowed: decision.verdict === 'allow',
    reason: decision.reason,
    error: decision.verdict === 'no-opinion' ? decision.error : undefined,
  };
}

function failed(error: Error): AccessAnswer {
  return { allowed: false, reason: '', error: error.message };
}
