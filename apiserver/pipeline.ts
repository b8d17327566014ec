import type { RequestContext, Stage } from './context.ts';

/**
 * The path of every request, in the order it runs. This list is the only place where stages meet:
 * each reads the context, sets its own field or throws a StatusError; none knows another.
 *
 * receive happens before (request/listener.ts makes the context), respond and the end of audit and
 * metrics happen after (response/respond.ts), whether a stage threw or not.
 */
export interface Stages {
  /** Method and URL to RequestInfo. */
  describe: Stage;
  /** The request's time limit; long-running requests have none. */
  deadline: Stage;
  /** Who asks? 401 if credentials are presented and wrong. */
  authenticate: Stage;
  /** The audit event begins: what came in, from whom. */
  audit: Stage;
  /** Impersonate-* headers: another user, if the first may. */
  impersonate: Stage;
  /** May it run now? Waits for a seat, or 429. */
  flowControl: Stage;
  /** May they? 403. */
  authorize: Stage;
  /** Whose is it: aggregated, built-in, custom, non-resource; runs the verb. */
  route: Stage;
}

export function pipeline(stages: Stages): readonly Stage[] {
  return [
    stages.describe,
    stages.deadline,
    stages.authenticate,
    stages.audit,
    stages.impersonate,
    stages.flowControl,
    stages.authorize,
    stages.route,
  ];
}

/** Runs the stages one after another; a stage that answers nothing to wait for costs no tick. */
export async function runStages(list: readonly Stage[], context: RequestContext): Promise<void> {
  for (const stage of list) {
    const pending = stage.run(context);
    if (pending !== undefined) await pending;
  }
}
