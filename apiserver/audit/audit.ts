import type { RequestContext, Stage } from '../context.ts';
import { internalErrorPage } from '../../object/error-page.ts';
import { unauthorized } from '../../object/status-error.ts';
import type { AuditBackend } from './backend.ts';
import { type AuditEvent, makeEvent, sources } from './event.ts';
import { type AuditStageName, judge, type Policy, type Verdict } from './policy.ts';

/**
 * Writes down who did what. Events are made when a request begins, when a long one starts to
 * answer, and when it is over, as far as the policy asks. Without a policy there is no stage at all.
 */

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
  /** An answer waits until its event is sent, as the request did. */
  waits?: boolean;
  now?: () => Date;
  /** What the policy says of a request, and every event that goes out. */
  observe?: { level(level: string): void; event(): void; rejected?(): void };
}

export function makeAudit(options: AuditOptions): Audit {
  const now = options.now ?? (() => new Date());

  /** Whose last stage was a panic. */
  const over = new WeakSet<RequestContext>();

  /** Whether the request may go on. */
  function emit(
    context: RequestContext,
    stage: AuditStageName,
    verdict: Verdict,
    from: readonly string[],
  ): boolean | Promise<boolean> {
    if (verdict.level === 'None' || verdict.omitStages.includes(stage)) return true;
    return send(makeEvent(context, stage, verdict, from, now()));
  }

  function send(event: AuditEvent): boolean | Promise<boolean> {
    options.observe?.event();
    return keptByAll(options.backends, event);
  }

  function follow(context: RequestContext, verdict: Verdict, from: readonly string[]): void {
    if (context.longRunning) {
      context.exchange.onBegin = () => void emit(context, 'ResponseStarted', verdict, from);
    }
    let complete = false;
    const finish = (): boolean | Promise<boolean> => {
      if (complete || over.has(context)) return true;
      complete = true;
      return emit(context, 'ResponseComplete', verdict, from);
    };
    context.onFinish(() => void finish());
    if (options.waits !== true || context.longRunning) return;
    // whatever comes of it: what was done is done
    context.beforeAnswer = () => {
      const kept = finish();
      return kept instanceof Promise ? kept : undefined;
    };
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
        const kept = emit(context, 'RequestReceived', verdict, from);
        if (kept === false) throw refused(context, options);
        if (kept === true) return follow(context, verdict, from);
        return kept.then((stored) => {
          if (!stored) throw refused(context, options);
          follow(context, verdict, from);
        });
      },
    },
    failedAuthentication(context) {
      const verdict = judge(options.policy, context.user, context.info);
      if (verdict.level === 'None' || verdict.omitStages.includes('ResponseStarted')) return;
      // what upstream says of the attempt is overwritten by the refusal before anybody sees it
      context.auditLevel = verdict.level;
      context.responseObject = unauthorized().body();
      void send(makeEvent(context, 'ResponseStarted', verdict, sources(context), now()));
    },
    panicked(context, error) {
      over.add(context);
      const verdict = judge(options.policy, context.impersonator ?? context.user, context.info);
      if (verdict.level === 'None' || verdict.omitStages.includes('Panic')) return;
      const event = makeEvent(context, 'Panic', verdict, sources(context), now());
      void send({ ...event, responseStatus: panicStatus(error) });
    },
  };
}

/** One backend after the other; every one of them gets it. */
function keptByAll(
  backends: readonly AuditBackend[],
  event: AuditEvent,
): boolean | Promise<boolean> {
  let all: boolean | Promise<boolean> = true;
  for (const backend of backends) {
    if (all instanceof Promise) {
      all = all.then(async (before) => (await backend.write(event)) && before);
      continue;
    }
    const before: boolean = all;
    const kept = backend.write(event);
    all = kept instanceof Promise ? kept.then((one) => one && before) : kept && before;
  }
  return all;
}

/** Of what was not written down nothing comes (mode blocking-strict). */
function refused(context: RequestContext, { observe }: AuditOptions): Error {
  observe?.rejected?.();
  context.auditLevel = 'None';
  return internalErrorPage(context.url, 'failed to store audit event');
}

function panicStatus({ message }: Error): object {
  return {
    metadata: {},
    status: 'Failure',
    message: `APIServer panic'd: ${message}`,
    reason: 'InternalError',
    code: 500,
  };
}
