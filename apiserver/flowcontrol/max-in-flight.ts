import { overloaded } from '../../object/status-error.ts';
import type { RequestContext, Stage } from '../context.ts';
import { type InFlight, isReading } from './in-flight.ts';

/**
 * Two counters instead of fairness (`--enable-priority-and-fairness=false`): so many requests that
 * read, so many that write; 0 is no limit. Source: k8s.io/apiserver server/filters/maxinflight.go.
 */
export function makeMaxInFlight(options: {
  /** `--max-requests-inflight` */
  reading: number;
  /** `--max-mutating-requests-inflight` */
  writing: number;
  inFlight?: InFlight;
}): Stage {
  const { inFlight } = options;
  const reading = { count: 0, limit: options.reading };
  const writing = { count: 0, limit: options.writing };
  return {
    name: 'max-in-flight',
    run(context: RequestContext): void {
      if (context.longRunning) return;
      const bucket = isReading(context.info.verb) ? reading : writing;
      const full = bucket.limit > 0 && bucket.count >= bucket.limit;
      // Whoever repairs an overloaded cluster must get through.
      if (full && !context.user.groups.includes('system:masters')) {
        context.terminated = true;
        throw overloaded(1);
      }
      bucket.count++;
      inFlight?.add('executing', context, 1);
      context.onFinish(() => {
        inFlight?.add('executing', context, -1);
        bucket.count--;
      });
    },
  };
}
