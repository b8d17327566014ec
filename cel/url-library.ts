import type { Functions } from './run/functions.ts';

/** URLs as Go's url.ParseRequestURI takes them (k8s.io/apiserver cel/library urls.go). */
export function registerUrlFunctions(functions: Functions): void {
  functions
    .add('isURL(string)', (text: string) => ParsedUrl.parse(text) !== undefined)
    .add('url(string)', (text: string) => {
      const parsed = ParsedUrl.parse(text);
      if (parsed !== undefined) return parsed;
      throw new Error(`URL parse error during conversion from string: ${urlError(text)}`);
    })
    .add('.getScheme(kubernetes.URL)', (url: ParsedUrl) => url.scheme)
    .add('.getHost(kubernetes.URL)', (url: ParsedUrl) => url.host)
    .add('.getHostname(kubernetes.URL)', (url: ParsedUrl) => url.hostname())
    .add('.getPort(kubernetes.URL)', (url: ParsedUrl) => url.port())
    .add('.getEscapedPath(kubernetes.URL)', (url: ParsedUrl) => url.path)
    .add('.getQuery(kubernetes.URL)', (url: ParsedUrl) => url.query());
}

/** Why a text is no URL, in Go's words; undefined when it is one. */
export function urlError(text: string): string | undefined {
  const problem = urlProblem(text);
  return problem === undefined ? undefined : `parse ${JSON.stringify(text)}: ${problem}`;
}

/** As {@link urlError}, without the text itself. */
export function urlProblem(text: string): string | undefined {
  return ParsedUrl.parse(text) === undefined ? reasonOf(text) : undefined;
}

function reasonOf(text: string): string {
  if (text === '') return 'empty url';
  if (/[^\P{Cc}\u0080-\u009f]/u.test(text)) return 'net/url: invalid control character in URL';
  const escape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text)?.[0];
  if (escape !== undefined) return `invalid URL escape ${JSON.stringify(escape)}`;
  const host = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/(?:[^/?@]*@)?([^/?]*)/.exec(text)?.[1];
  if (host === undefined) return 'invalid URI for request';
  const [letter] = /[ <>"^`{|}\\]/.exec(host) ?? [];
  if (letter !== undefined) return `invalid character ${JSON.stringify(letter)} in host name`;
  const [port] = /:[^:\]]*$/.exec(host) ?? [];
  return port === undefined
    ? 'invalid URI for request'
    : `invalid port ${JSON.stringify(port)} after host`;
}

class ParsedUrl {
  readonly celType = 'kubernetes.URL';
  readonly text: string;
  readonly scheme: string;
  /** With its port, brackets around IPv6. */
  readonly host: string;
  readonly path: string;
  readonly #query: string;

  private constructor(text: string, scheme: string, host: string, path: string, query: string) {
    this.text = text;
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.#query = query;
  }

  static parse(text: string): ParsedUrl | undefined {
    if (/[^\P{Cc}\u0080-\u009f]/u.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
    const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?]*))?(\/[^?]*)?(?:\?(.*))?$/.exec(
      text,
    );
    if (match === null) return undefined;
    const [, scheme = '', authority, path = '', query = ''] = match;
    if (scheme === '' && !text.startsWith('/')) return undefined;
    const host = (authority ?? '').replace(/^.*@/, '');
    if (!/^(\[[0-9a-fA-F:.%a-zA-Z]*\]|[^[\]: ]*)(:[0-9]*)?$/.test(host)) return undefined;
    return new ParsedUrl(
      text,
      scheme.toLowerCase(),
      host,
      path.replaceAll(/[ "<>^`{|}\\]/g, encodeURIComponent),
      query,
    );
  }

  equals(other: ParsedUrl): boolean {
    return this.text === other.text;
  }

  hostname(): string {
    return this.host.replace(/:[0-9]*$/, '').replace(/^\[(.*)\]$/, '$1');
  }

  port(): string {
    return /:([0-9]*)$/.exec(this.host)?.[1] ?? '';
  }

  query(): Record<string, string[]> {
    const out: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
    for (const [name, value] of new URLSearchParams(this.#query)) (out[name] ??= []).push(value);
    return { ...out };
  }
}
