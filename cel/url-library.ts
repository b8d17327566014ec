import type { Environment } from '@marcbachmann/cel-js';

/** URLs as Go's url.ParseRequestURI takes them (k8s.io/apiserver cel/library urls.go). */
export function registerUrlFunctions(environment: Environment): void {
  environment
    .registerType('kubernetes.URL', ParsedUrl)
    .registerFunction('isURL(string): bool', (text: string) => ParsedUrl.parse(text) !== undefined)
    .registerFunction('url(string): kubernetes.URL', (text: string) => {
      const parsed = ParsedUrl.parse(text);
      if (parsed === undefined)
        throw new Error(`URL parse error during conversion from string: ${JSON.stringify(text)}`);
      return parsed;
    })
    .registerFunction('kubernetes.URL.getScheme(): string', (url: ParsedUrl) => url.scheme)
    .registerFunction('kubernetes.URL.getHost(): string', (url: ParsedUrl) => url.host)
    .registerFunction('kubernetes.URL.getHostname(): string', (url: ParsedUrl) => url.hostname())
    .registerFunction('kubernetes.URL.getPort(): string', (url: ParsedUrl) => url.port())
    .registerFunction('kubernetes.URL.getEscapedPath(): string', (url: ParsedUrl) => url.path)
    .registerFunction('kubernetes.URL.getQuery(): map<string, list<string>>', (url: ParsedUrl) =>
      url.query(),
    );
}

class ParsedUrl {
  readonly scheme: string;
  /** With its port, brackets around IPv6. */
  readonly host: string;
  readonly path: string;
  readonly #query: string;

  private constructor(scheme: string, host: string, path: string, query: string) {
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
    return new ParsedUrl(scheme.toLowerCase(), host, path, query);
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
