import { goQuote } from '../object/go-format.ts';
import { escapedPath, type GoUrl, parseRequestUrl, parseUrl, queryOf } from '../object/go-url.ts';
import type { Functions } from './run/functions.ts';

/** URLs as Go takes them (k8s.io/apiserver cel/library urls.go). */
export function registerUrlFunctions(functions: Functions): void {
  functions
    .add('isURL(string)', (text: string) => urlError(text) === undefined)
    .add('url(string)', (text: string) => {
      const wrong = urlError(text) ?? urlReferenceError(text);
      if (wrong === undefined) return new Url(text);
      throw new Error(`URL parse error during conversion from string: ${wrong}`);
    })
    .add('.getScheme(kubernetes.URL)', ({ parts }: Url) => parts.scheme)
    .add('.getHost(kubernetes.URL)', ({ parts }: Url) => parts.host)
    .add('.getHostname(kubernetes.URL)', (url: Url) => url.hostname())
    .add('.getPort(kubernetes.URL)', (url: Url) => url.port())
    .add('.getEscapedPath(kubernetes.URL)', ({ parts }: Url) => escapedPath(parts))
    .add('.getQuery(kubernetes.URL)', ({ parts }: Url) => queryOf(parts));
}

/** Why a text is no URL, in Go's words; undefined when it is one. */
export function urlError(text: string): string | undefined {
  return faultOf(text, parseRequestUrl);
}

/** As {@link urlError} of what may be relative and have a fragment: of net/url's Parse. */
export function urlReferenceError(text: string): string | undefined {
  const [before = ''] = text.split('#', 1);
  return faultOf(before, parseUrl) ?? faultOf(text, parseUrl);
}

function faultOf(text: string, parse: (text: string) => GoUrl): string | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    return `parse ${goQuote(text)}: ${(error as Error).message}`;
  }
}

class Url {
  readonly celType = 'kubernetes.URL';
  readonly text: string;
  readonly parts: GoUrl;

  constructor(text: string) {
    this.text = text;
    this.parts = parseUrl(text);
  }

  equals(other: Url): boolean {
    return this.text === other.text;
  }

  hostname(): string {
    return this.parts.host.replace(/:[0-9]*$/, '').replace(/^\[(.*)\]$/, '$1');
  }

  port(): string {
    return /:([0-9]*)$/.exec(this.parts.host)?.[1] ?? '';
  }
}
