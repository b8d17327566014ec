import type { RequestContext, Stage } from '../context.ts';
import { unauthorized } from '../../object/status-error.ts';
import { type AuditEvent, makeEvent, sources } from './event.ts';
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
  /** A 401: the request never reaches the stage. */
  failedAuthentication(context: RequestContext): void;
  /** A fault of the program; called before it becomes a 500. */
  panicked(context: RequestContext, error: Error): void;
}

export interface AuditOptions {
  policy: Policy;
  backends: readonly AuditBackend[];
  now?: () => Date;
  /** What the policy says of a request, and every event that goes out. */
  observe?: { level(level: string): void; event(): void };
}

export function makeAudit(options: AuditOptions): Audit {
  const now = options.now ?? (() => new Date());

  /** Whose last stage was a panic. */
  const over = new WeakSet<RequestContext>();

  function emit(
    context: RequestContext,
    stage: AuditStageName,
    verdict: Verdict,
    from: readonly string[],
  ): void {
    if (verdict.level === 'None' || verdict.omitStages.includes(stage)) return;
    send(makeEvent(context, stage, verdict, from, now()));
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
        context.auditLevel = verdict.level;
        // the connection knows its other end only while it lasts
        const from = sources(context);
        emit(context, 'RequestReceived', verdict, from);
        if (context.longRunning) {
          context.exchange.onBegin = () => emit(context, 'ResponseStarted', verdict, from);
        }
        context.onFinish(() => {
          if (!over.has(context)) emit(context, 'ResponseComplete', verdict, from);
        });
      },
    },
    failedAuthentication(context) {
      const verdict = judge(options.policy, context.user, context.info);
      if (verdict.level === 'None' || verdict.omitStages.includes('ResponseStarted')) return;
      // what upstream says of the attempt is overwritten by the refusal before anybody sees it
      context.auditLevel = verdict.level;
      context.responseObject = unauthorized().body();
      send(makeEvent(context, 'ResponseStarted', verdict, sources(context), now()));
    },
    panicked(context, error) {
      over.add(context);
      const verdict = judge(options.policy, context.impersonator ?? context.user, context.info);
      if (verdict.level === 'None' || verdict.omitStages.includes('Panic')) return;
      const event = makeEvent(context, 'Panic', verdict, sources(context), now());
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
