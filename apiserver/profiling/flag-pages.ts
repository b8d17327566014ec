import { goQuote } from '../../object/go-format.ts';
import type { LeveledLogger } from '../../log/log.ts';
import type { Answer, RequestContext } from '../context.ts';
import { readBody } from '../verbs/body.ts';
import type { ProfilingPages } from './pages.ts';

/**
 * `/debug/flags` (`--profiling`): a PUT to `/debug/flags/v` says more or less in the log while the server runs.
 * Source: apiserver's routes.DebugFlags, klog's Level.
 */
export function flagPages(log: LeveledLogger): ProfilingPages {
  return {
    paths: [
      ['/debug/flags', index],
      ['/debug/flags/v', (context) => setVerbosity(context, log)],
    ],
    prefixes: [{ prefix: '/debug/flags/', handle: index }],
  };
}

const page = `<html>
<head>
<title>/debug/flags/</title>
</head>
<body>
/debug/flags/<br>
<br>
flags:<br>
<table>

<tr>v<br>

</table>
<br>
full flags configurable<br>
</body>
</html>
`;

function index(context: RequestContext): void {
  const headers = { 'content-type': 'text/html; charset=utf-8' };
  context.answer = { code: 200, headers, body: page };
}

/** A word in the body. */
const bytesMax = 1024;

async function setVerbosity(context: RequestContext, log: LeveledLogger): Promise<void> {
  if (context.method !== 'PUT') {
    context.answer = text(406, 'unsupported http method');
    return;
  }
  const value = (await readBody(context, bytesMax)).toString();
  const why = problem(value);
  if (why === undefined) {
    log.verbosity = Number(value);
    log.info({ verbosity: log.verbosity }, 'the verbosity of the log was set');
    context.answer = text(200, `successfully set klog.logging.verbosity to ${value}`);
    return;
  }
  const parsing = `strconv.ParseInt: parsing ${goQuote(value)}: ${why}`;
  context.answer = text(400, `failed set klog.logging.verbosity ${value}: ${parsing}`);
}

/** Of an int32 in decimal. */
function problem(value: string): string | undefined {
  if (!/^[+-]?[0-9]+$/.test(value)) return 'invalid syntax';
  return Number(value) === (Number(value) | 0) ? undefined : 'value out of range';
}

function text(code: number, line: string): Answer {
  return { code, headers: { 'content-type': 'text/plain' }, body: `${line}\n` };
}
