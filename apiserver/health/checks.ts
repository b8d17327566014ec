import { goQuote } from '../../object/go-format.ts';
import { guessedType, type RequestContext } from '../context.ts';

/** One named check; throws with the reason while it fails. */
export interface HealthCheck {
  name: string;
  check(): Promise<void> | void;
}

/**
 * `/healthz`, `/livez`, `/readyz` and `/<path>/<check>` as upstream answers: `ok`, or with ?verbose
 * or on failure one line a check. `?exclude=` leaves checks out. Why one failed is withheld here, since
 * anybody may ask, and told where it is asked for by name (k8s.io/apiserver server/healthz).
 */
export function makeHealth(
  path: string,
  checks: readonly HealthCheck[],
  log: (check: string, error: Error) => void,
  observe: (check: string, path: string, passed: boolean) => void,
): (context: RequestContext) => Promise<void> {
  const title = path.slice(1);
  return async (context) => {
    const asked = context.info.path;
    if (asked !== path) return one(context, path, checks, asked.slice(path.length + 1), log);
    context.handled = { path, component: '' };
    const excluded = new Set(context.query.getAll('exclude'));
    const lines: string[] = [];
    let failed = 0;
    for (const { name, check } of checks) {
      if (excluded.delete(name)) {
        lines.push(`[+]${name} excluded: ok`);
        continue;
      }
      try {
        await check();
        observe(name, title, true);
        lines.push(`[+]${name} ok`);
      } catch (error) {
        failed += 1;
        observe(name, title, false);
        log(name, error as Error);
        lines.push(`[-]${name} failed: reason withheld`);
      }
    }
    if (excluded.size > 0) {
      const names = [...excluded].toSorted().map(goQuote).join(',');
      lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
    }
    if (failed > 0) {
      lines.push(`${title} check failed`);
      answer(context, 500, `${lines.join('\n')}\n`);
      return;
    }
    answer(
      context,
      200,
      context.query.has('verbose') ? `${lines.join('\n')}\n${title} check passed\n` : 'ok',
    );
  };
}

async function one(
  context: RequestContext,
  path: string,
  checks: readonly HealthCheck[],
  name: string,
  log: (check: string, error: Error) => void,
): Promise<void> {
  const found = checks.find((check) => check.name === name);
  if (found === undefined) return notFound(context);
  try {
    await found.check();
    const headers = { [guessedType]: 'text/plain; charset=utf-8' };
    context.answer = { code: 200, headers, body: 'ok' };
  } catch (error) {
    log(name, error as Error);
    answer(context, 500, `internal server error: ${(error as Error).message}\n`);
  }
}

function notFound(context: RequestContext): void {
  answer(context, 404, '404 page not found\n');
}

function answer(context: RequestContext, code: number, text: string): void {
  context.answer = {
    code,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: text,
  };
}
