import { randomUUID } from 'node:crypto';
import { goType } from '../../object/go-format.ts';
import type { KubeObject } from '../../object/object.ts';
import type { Registry } from '../../metrics/registry.ts';
import type { ClientConfig, WebhookCaller } from '../webhook/call.ts';
import { type Convert, Unconvertible } from './convert.ts';

/**
 * The strategy Webhook: one ConversionReview for the objects of a request. Words, metrics and limits
 * are upstream's (apiextensions-apiserver pkg/apiserver/conversion/webhook_converter.go, metrics.go).
 */

export interface ConversionWebhook {
  definitionName: string;
  client: ClientConfig;
  conversionReviewVersions: readonly string[];
}

const timeoutMs = 30_000;
/** Of one definition; more wait. */
const reviewsAtOnce = 16;
const answerBytesMax = 64 * 1024 * 1024;
const supported = ['v1', 'v1beta1'];

export function makeConversionWebhooks(
  caller: WebhookCaller,
  metrics: Pick<Registry, 'counter' | 'histogram'>,
): (webhook: ConversionWebhook) => Convert {
  const observe = observers(metrics);
  return ({ definitionName, client, conversionReviewVersions }) => {
    const turn = limited(reviewsAtOnce);
    return async (objects, apiVersion) => {
      const version = conversionReviewVersions.find((one) => supported.includes(one));
      const begun = performance.now();
      const seconds = (): number => (performance.now() - begun) / 1000;
      let succeeded = false;
      try {
        if (version === undefined)
          throw new Unconvertible('no supported conversion review versions');
        const review = makeReview(version, objects, apiVersion);
        let answered: unknown[];
        try {
          const answer = await turn(() =>
            caller.post(client, review.body, timeoutMs, answerBytesMax),
          );
          answered = convertedObjects(answer, review);
        } catch (error) {
          observe.review('failure', 'conversion_webhook_call_failure', seconds());
          throw new Error(textOf(error as Error), { cause: error });
        }
        const converted = answered.map(asObject);
        observe.review('success', '', seconds());
        succeeded = true;
        return converted;
      } finally {
        observe.conversion(definitionName, apiVersion, succeeded, seconds());
      }
    };
  };
}

interface Review {
  apiVersion: string;
  uid: string;
  body: object;
}

function makeReview(version: string, objects: readonly KubeObject[], desired: string): Review {
  const uid = randomUUID();
  const apiVersion = `apiextensions.k8s.io/${version}`;
  const body = {
    kind: 'ConversionReview',
    apiVersion,
    request: { uid, desiredAPIVersion: desired, objects },
    // what upstream's empty answer looks like
    response: { uid: '', convertedObjects: null, result: { metadata: {} } },
  };
  return { apiVersion, uid, body };
}

interface ReviewAnswer {
  apiVersion?: string;
  kind?: string;
  response?: {
    uid?: string;
    convertedObjects?: unknown[] | null;
    result?: { status?: string; message?: string };
  } | null;
}

/** Throws when the answer is none to this question, or says no. v1beta1 never said whose it was. */
function convertedObjects(answer: unknown, review: Review): unknown[] {
  const { apiVersion = '', kind = '', response } = (answer ?? {}) as ReviewAnswer;
  const strict = review.apiVersion.endsWith('/v1');
  const asked = apiVersion === review.apiVersion && kind === 'ConversionReview';
  const unnamed = apiVersion === '' && kind === '';
  if (!asked && (strict || !unnamed)) throw new Error(otherAnswer(apiVersion, kind, review));
  if (response === undefined || response === null) throw new Error('no response provided');
  const { uid = '', result } = response;
  if (strict && uid !== review.uid) {
    throw new Error(
      `expected response.uid=${JSON.stringify(review.uid)}, got ${JSON.stringify(uid)}`,
    );
  }
  const { status = '', message = '' } = result ?? {};
  if (status !== 'Success') {
    throw new Error(message || `response.result.status was '${status}', not 'Success'`);
  }
  const objects: unknown = response.convertedObjects ?? [];
  if (Array.isArray(objects)) return objects;
  throw new Error(
    `json: cannot unmarshal ${goType(objects)} into Go struct field ConversionResponse.response.convertedObjects of type []runtime.RawExtension`,
  );
}

/** The answer is decoded into the review of the version that was asked with (util/webhook client.go). */
function otherAnswer(apiVersion: string, kind: string, review: Review): string {
  if (apiVersion === '' && kind === '') {
    return `expected webhook response of ${review.apiVersion}, Kind=ConversionReview, got /, Kind=`;
  }
  const versionOf = (text: string): string => text.slice(text.lastIndexOf('/') + 1);
  if (kind === 'ConversionReview' && apiVersion.startsWith('apiextensions.k8s.io/')) {
    const [from, to] = [apiVersion, review.apiVersion].map(versionOf);
    return `converting (${from}.ConversionReview) to (${to}.ConversionReview): unknown conversion`;
  }
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "k8s.io/apiserver/pkg/util/webhook/client.go:71"`;
}

function asObject(answered: unknown): KubeObject {
  if (typeof answered !== 'object' || answered === null || Array.isArray(answered)) {
    throw new Unconvertible(
      `json: cannot unmarshal ${goType(answered)} into Go value of type map[string]interface {}`,
    );
  }
  const { kind } = answered as { kind?: unknown };
  if (typeof kind !== 'string' || kind === '') {
    throw new Unconvertible(`Object 'Kind' is missing in '${JSON.stringify(answered)}'`);
  }
  return answered as KubeObject;
}

function textOf({ message }: Error): string {
  const late = message.endsWith('context deadline exceeded');
  return late ? `${message} (Client.Timeout exceeded while awaiting headers)` : message;
}

/** Runs so many at once; the others wait in order. */
function limited(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (run) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await run();
    } finally {
      // whoever waited longest takes the place over
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

function observers(metrics: Pick<Registry, 'counter' | 'histogram'>) {
  const conversions = metrics.histogram(
    'apiserver_crd_conversion_webhook_duration_seconds',
    'Time of a conversion by a webhook in seconds.',
    ['crd_name', 'from_version', 'to_version', 'succeeded'],
    Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i),
  );
  const labels = ['result', 'failure_type'];
  const requests = metrics.counter(
    'apiserver_conversion_webhook_request_total',
    'Requests to conversion webhooks by result and kind of failure.',
    labels,
  );
  const durations = metrics.histogram(
    'apiserver_conversion_webhook_duration_seconds',
    'Time of a request to a conversion webhook in seconds.',
    labels,
    [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60],
  );
  return {
    /** Upstream's from_version is that of a list without one: empty. */
    conversion(definition: string, apiVersion: string, succeeded: boolean, seconds: number): void {
      const to = apiVersion.slice(apiVersion.indexOf('/') + 1);
      conversions.observe([definition, '', to, String(succeeded)], seconds);
    },
    review(result: string, failure: string, seconds: number): void {
      requests.inc([result, failure]);
      durations.observe([result, failure], seconds);
    },
  };
}
