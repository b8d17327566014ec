import { badRequest, requestEntityTooLarge } from '../../object/status-error.ts';
import type { RequestContext } from '../context.ts';

/** Largest request body: etcd's default request limit doubled, as upstream (3 MiB). */
export const bodyBytesMax = 3 * 1024 * 1024;

/**
 * Reads the whole body into one buffer. Throws 413 as soon as it is known to be too large and 400
 * when the client breaks off.
 */
export function readBody(context: RequestContext, bytesMax = bodyBytesMax): Promise<Buffer> {
  const declared = Number(context.headers['content-length'] ?? 0);
  if (declared > bytesMax) return Promise.reject(tooLarge(bytesMax));
  const whole = context.exchange.wholeBody;
  if (whole !== undefined) {
    return whole.length > bytesMax ? Promise.reject(tooLarge(bytesMax)) : Promise.resolve(whole);
  }
  return new Promise((resolve, reject) => {
    const raw = context.exchange.body;
    const parts: Buffer[] = [];
    let length = 0;
    raw.on('data', (part: Buffer) => {
      length += part.length;
      if (length > bytesMax) {
        raw.removeAllListeners('data');
        raw.resume();
        reject(tooLarge(bytesMax));
        return;
      }
      parts.push(part);
    });
    let whole = false;
    raw.on('end', () => {
      whole = true;
      resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
    });
    raw.on('aborted', () => reject(badRequest('the request body was cut off')));
    // past its deadline the request is answered: nothing of it may happen any more
    context.onFinish(() => {
      if (!whole) reject(badRequest('the request is over'));
    });
    raw.on('error', () => reject(badRequest('the request body could not be read')));
  });
}

function tooLarge(bytesMax: number): Error {
  return requestEntityTooLarge(`limit is ${bytesMax}`);
}

/**
 * Content-Type without parameters, lower case; empty when absent. With parameters that cannot be read
 * (Go's mime.ParseMediaType) it is none that is known: the header as it was sent.
 */
export function mediaTypeOf(context: RequestContext): string {
  const sent = context.headers['content-type'] ?? '';
  const cut = sent.indexOf(';');
  if (cut < 0) return sent.trim().toLowerCase();
  if (sent.slice(0, cut).trim() === '') return sent;
  return parameters.test(sent.slice(cut)) ? sent.slice(0, cut).trim().toLowerCase() : sent;
}

/** Each a token and a token or a quoted text; one semicolon may end them. */
const parameters =
  /^(\s*;\s*[\w!#$%&'*+.^`|~-]+=([\w!#$%&'*+.^`|~-]+|"([^"\\\r\n]|\\.)*"))*\s*;?\s*$/;
