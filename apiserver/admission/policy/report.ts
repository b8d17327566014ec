import { StatusError } from '../../../object/status-error.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';
import type { ValidatingPolicy } from './compile.ts';
import type { Binding } from './hooks.ts';
import type { Denial, Judgement } from './judge.ts';

/** What comes of all judgements about one request: warnings, audit annotations, at last a refusal. */

const codes: Record<string, number> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

const failureKey = 'validation.policy.admission.k8s.io/validation_failure';
const annotationBytesMax = 10 * 1024;

export class Report {
  readonly #request: AdmissionRequest;
  /** The client gets the first one. */
  #refusal: Denial | undefined;
  /** As everywhere in audit, the first value of a key stays. */
  #failureNoted = false;
  /** Of the policy at hand, by key. */
  #annotations = new Map<string, Set<string>>();

  constructor(request: AdmissionRequest) {
    this.#request = request;
  }

  misconfigured(policy: ValidatingPolicy, binding: Binding | undefined, error: Error): void {
    if (policy.failurePolicy === 'Ignore') return;
    const what = binding === undefined ? 'policy' : 'binding';
    const message = `failed to configure ${what}: ${error.message}`;
    this.#refuse(policy, binding, { message, reason: '' });
  }

  add(policy: ValidatingPolicy, binding: Binding, judgement: Judgement): void {
    for (const [index, denial] of judgement.denials.entries()) {
      if (denial !== undefined) this.#act(policy, binding, denial, index);
    }
    for (const { key, value } of judgement.annotations) {
      const values = this.#annotations.get(key) ?? new Set();
      this.#annotations.set(key, values.add(cut(value)));
    }
    for (const message of judgement.errors) this.#refuse(policy, binding, { message, reason: '' });
  }

  /** Ends a policy: different values of its bindings are one list. */
  annotate({ name }: ValidatingPolicy): void {
    for (const [key, values] of this.#annotations) {
      this.#request.annotate(`${name}/${key}`, [...values].join(', '));
    }
    this.#annotations = new Map();
  }

  /** Throws what the client gets, if it is a refusal. */
  settle(): void {
    if (this.#refusal === undefined) return;
    const { message, reason } = this.#refusal;
    const { message: text, details } = refused(this.#request, message);
    const why = reason || 'Invalid';
    throw new StatusError(codes[why] ?? 422, why, text, { ...details, causes: [{ message }] });
  }

  #act(policy: ValidatingPolicy, binding: Binding, denial: Denial, index: number): void {
    for (const action of binding.actions) {
      if (action === 'Deny') this.#refuse(policy, binding, denial);
      else if (action === 'Audit') this.#note(policy, binding, denial, index);
      else if (action === 'Warn') {
        this.#request.warn(
          `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${denial.message}`,
        );
      }
    }
  }

  #refuse(policy: ValidatingPolicy, binding: Binding | undefined, denial: Denial): void {
    const by = binding === undefined ? '' : ` with binding '${binding.name}'`;
    const message = `ValidatingAdmissionPolicy '${policy.name}'${by} denied request: ${denial.message}`;
    this.#refusal ??= { message, reason: denial.reason };
  }

  #note(policy: ValidatingPolicy, binding: Binding, { message }: Denial, index: number): void {
    if (this.#failureNoted) return;
    this.#failureNoted = true;
    const failure = {
      message,
      policy: policy.name,
      binding: binding.name,
      expressionIndex: index,
      validationActions: binding.actions,
    };
    this.#request.annotate(failureKey, goJson([failure]));
  }
}

/** Go's encoder escapes what HTML would read. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function cut(value: string): string {
  const bytes = Buffer.from(value);
  return bytes.length <= annotationBytesMax
    ? value
    : bytes.subarray(0, annotationBytesMax).toString();
}
