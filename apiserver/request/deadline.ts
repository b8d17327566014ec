import { durationRefusal, parseDuration } from '../../object/duration.ts';
import { badRequest, requestTimeout } from '../../object/status-error.ts';
import type { RequestContext, Stage } from '../context.ts';

/**
 * The time limit of a request (k8s.io/apiserver filters/request_deadline.go): `?timeout=`, at most
 * `--request-timeout`; long-running requests keep their own time.
 */
export function makeDeadline(options: { requestTimeoutMs: number }): Stage {
  return {
    name: 'deadline',
    run(context: RequestContext): void {
      if (context.longRunning) return;
      const asked = context.query.get('timeout') ?? '';
      const ms = asked === '' ? 0 : parseTimeout(asked);
      // what is not above 0 asks for nothing
      const limitMs = ms > 0 ? Math.min(ms, options.requestTimeoutMs) : options.requestTimeoutMs;
      context.expireAfter(limitMs, () => {
        context.terminated = true;
        return requestTimeout();
      });
    },
  };
}

function parseTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw badRequest(`invalid timeout specified in the request URL - ${durationRefusal(text)}`);
  }
  return ms;
}
