import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer, RequestContext } from '../context.ts';
import type { NonResourceHandler } from '../routing/route.ts';
import { ProfilerBusy, takeCpuProfile } from './cpu-profile.ts';
import { pprofOf } from './pprof.ts';

/**
 * `/debug/pprof` (`--profiling`), of which Node.js has the CPU profile, in pprof's format. Source:
 * apiserver's routes.Profiling and Go's net/http/pprof.
 */
export interface ProfilingPages {
  paths: [string, NonResourceHandler][];
  prefixes: { prefix: string; handle: NonResourceHandler }[];
}

const root = '/debug/pprof/';
/** Profiles of Go's runtime, of things that this process has not or does not count. */
const absent = ['allocs', 'block', 'goroutine', 'heap', 'mutex', 'symbol', 'threadcreate', 'trace'];
const defaultSeconds = 30;
const packed = promisify(gzip);

export function profilingPages(): ProfilingPages {
  return {
    paths: [
      ['/debug/pprof', toIndex],
      [`${root}profile`, profile],
    ],
    prefixes: [{ prefix: root, handle: indexOrAbsent }],
  };
}

/** As Go redirects: with words for who asks with GET. */
function toIndex(context: RequestContext): void {
  const get = context.method === 'GET';
  const type =
    get || context.method === 'HEAD' ? { 'content-type': 'text/html; charset=utf-8' } : {};
  const body = get ? `<a href="${root}">Found</a>.\n\n` : '';
  context.answer = { code: 302, headers: { ...type, location: root }, body };
}

const index = `<html>
<head>
<title>${root}</title>
</head>
<body>
${root}
<br>
<p>Types of profiles available:</p>
<ul>
<li><a href='profile'>profile</a>: CPU profile, in pprof's format. The parameter seconds says for how long, ${defaultSeconds} without it.</li>
</ul>
</body>
</html>
`;

function indexOrAbsent(context: RequestContext): void {
  const name = context.info.path.slice(root.length);
  if (name === '') {
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
    };
    context.answer = { code: 200, headers, body: index };
  } else if (absent.includes(name)) {
    context.answer = failed(501, `There is no ${name} profile of a server that runs on Node.js`);
  } else context.answer = failed(404, 'Unknown profile');
}

/** Seconds that cannot be read count as none. */
async function profile(context: RequestContext): Promise<void> {
  const asked = context.query.get('seconds') ?? '';
  const seconds = /^\+?\d+$/.test(asked) && Number(asked) > 0 ? Number(asked) : defaultSeconds;
  const takenAt = new Date();
  try {
    const taken = await takeCpuProfile(Math.min(seconds * 1000, longest), context.signal);
    context.answer = {
      code: 200,
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment; filename="profile"',
        'x-content-type-options': 'nosniff',
      },
      body: await packed(pprofOf(taken, takenAt)),
      asItIs: true,
    };
  } catch (error) {
    if (!(error instanceof ProfilerBusy)) throw error;
    const why = 'Could not enable CPU profiling: cpu profiling already in use';
    context.answer = failed(500, why);
  }
}

/** What a timer of Node.js can wait. */
const longest = 2 ** 31 - 1;

/** `go tool pprof` shows the text of an answer with this header. */
function failed(code: number, text: string): Answer {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'x-go-pprof': '1',
  };
  return { code, headers, body: `${text}\n` };
}
