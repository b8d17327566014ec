import type { RequestContext, Stage } from '../context.ts';
import { type AuditEvent, makeEvent } from './event.ts';
import { type AuditStageName, judge, type Policy, type Verdict } from './policy.ts';

/**
 * Writes down who did what. Events are made when a request begins, when a long one starts to
 * answer, and when it is over, as far as the policy asks. Without a policy there is no stage at all.
 */

/** Where events go; `write` never waits and never throws. */
export interface AuditBackend {
  write(event: AuditEvent): void;
  /** Everything accepted is out. */
  close(): Promise<void>;
}

export interface Audit {
  stage: Stage;
  /** A 401: the request never reaches the stage (`tried`: the authenticators' names). */
  failedAuthentication(context: RequestContext, tried: readonly string[]): void;
  /** An error nobody expected; called before it becomes a 500. */
  panicked(context: RequestContext, error: Error): void;
}

export function makeAudit(options: {
  policy: Policy;
  backends: readonly AuditBackend[];
  now?: () => Date;
  /** What the policy says of a request, and every event that goes out. */
  observe?: { level(level: string): void; event(): void };
}): Audit {
  const now = options.now ?? (() => new Date());

  function emit(context: RequestContext, stage: AuditStageName, verdict: Verdict): void {
    if (verdict.level === 'None' || verdict.omitStages.includes(stage)) return;
    send(makeEvent(context, stage, verdict, now()));
  }

  function send(event: AuditEvent): void {
    options.observe?.event();
    for (const backend of options.backends) backend.write(event);
  }

  return {
    stage: {
      name: 'audit',
      run(context) {
        const verdict = judge(options.policy, context.user, context.info);
        options.observe?.level(verdict.level);
        if (verdict.level === 'None') return;
        context.auditsRequest = verdict.level !== 'Metadata';
        emit(context, 'RequestReceived', verdict);
        if (context.longRunning) {
          context.exchange.onBegin = () => emit(context, 'ResponseStarted', verdict);
        }
        context.onFinish(() => emit(context, 'ResponseComplete', verdict));
      },
    },
    failedAuthentication(context, tried) {
      const verdict = judge(options.policy, context.user, context.info);
      if (verdict.level === 'None' || verdict.omitStages.includes('ResponseStarted')) return;
      const event = makeEvent(context, 'ResponseStarted', verdict, now());
      const message =
        tried.length === 0
          ? 'Authentication failed'
          : `Authentication failed, attempted: ${tried.join(', ')}`;
      send({
        ...event,
        responseStatus: {
          metadata: {},
          status: 'Failure',
          message,
          reason: 'Unauthorized',
          code: 401,
        },
      });
    },
    panicked(context, error) {
      const verdict = judge(options.policy, context.impersonator ?? context.user, context.info);
      if (verdict.level === 'None' || verdict.omitStages.includes('Panic')) return;
      const event = makeEvent(context, 'Panic', verdict, now());
      const message = `APIServer panic'd: ${error.message}`;
      send({
        ...event,
        responseStatus: {
          metadata: {},
          status: 'Failure',
          message,
          reason: 'InternalError',
          code: 500,
        },
      });
    },
  };
}
