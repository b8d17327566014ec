import { goQuote } from './go-format.ts';
import { StatusError } from './status-error.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * What goes wrong before a request is anybody's is told as a page of text.
 * Source: k8s.io/apiserver endpoints/handlers/responsewriters/errors.go, InternalError.
 */
export function internalErrorPage(
  url: string,
  why: string,
  more: Readonly<Record<string, string>> = {},
): StatusError {
  const text = `Internal Server Error: ${goQuote(url)}: ${why}`;
  const error = new StatusError(500, 'InternalError', text);
  const escaped = text.replace(/[&<>]/g, (sign) => escapes[sign] ?? sign);
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    ...more,
  };
  error.plain = { text: `${escaped}\n`, headers };
  return error;
}
