import { goQuote } from '../../object/go-format.ts';
import { builtInSchema } from '../../schema/built-in.ts';
import { canonical } from '../../schema/decode.ts';
import { notAnObject } from './failure.ts';

/** A review as it is sent to a webhook. */
export interface Review {
  kind: 'TokenReview' | 'SubjectAccessReview';
  apiVersion: string;
}

const definitions = {
  TokenReview: 'io.k8s.api.authentication.v1.TokenReview',
  SubjectAccessReview: 'io.k8s.api.authorization.v1.SubjectAccessReview',
};

/**
 * The status of a review that a webhook sent back: of the kind and version that were asked, which need
 * not be said. Throws in the words of client-go's decoder for whatever else it is.
 */
export function answeredStatus<T extends object>(answer: unknown, asked: Review): Partial<T> {
  if (answer === undefined) {
    throw new Error('0-length response with status code: 200 and content type: application/json');
  }
  if (answer === null) return {};
  if (typeof answer !== 'object' || Array.isArray(answer)) {
    const kind = Array.isArray(answer) ? 'array' : typeof answer;
    throw new Error(`couldn't get version/kind; json parse error: ${notAnObject(kind)}`);
  }
  const { kind = asked.kind, apiVersion = asked.apiVersion } = answer as Partial<Review>;
  if (kind !== asked.kind || apiVersion !== asked.apiVersion) {
    throw new Error(otherKind(kind, apiVersion, asked));
  }
  const content = structuredClone(answer) as Record<string, unknown>;
  const { wrong } = canonical(content, builtInSchema(definitions[asked.kind]));
  if (wrong !== undefined) throw new Error(wrong);
  return (content['status'] ?? {}) as Partial<T>;
}

const scheme = 'k8s.io/client-go/kubernetes/scheme/register.go:82';

function otherKind(kind: string, apiVersion: string, asked: Review): string {
  const [group] = asked.apiVersion.split('/');
  const ofGroup = [`${group}/v1`, `${group}/v1beta1`].includes(apiVersion);
  // the core kinds are known to the decoder as well
  if (apiVersion !== 'v1' && !(ofGroup && kind === asked.kind)) {
    return `no kind ${goQuote(kind)} is registered for version ${goQuote(apiVersion)} in scheme ${goQuote(scheme)}`;
  }
  const name = (version: string, of: string) => `(${version.split('/').at(-1) ?? ''}.${of})`;
  return `converting ${name(apiVersion, kind)} to ${name(asked.apiVersion, asked.kind)}: unknown conversion`;
}
