import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ask, type Backend, BackendError } from './backend.ts';
import { addressText } from '../../outgoing/backend-error.ts';

/** A connection to a kubelet that speaks SPDY from now on (k8s.io/streaming httpstream/spdy). */
export interface SpdyDialled {
  socket: Duplex;
  /** What of `protocols` the kubelet has chosen. */
  protocol: string;
}

/** Throws plain errors in the words of Go's client: callers say what they are an error of. */
export async function dialSpdy(
  backend: Backend,
  path: string,
  protocols: readonly string[],
  signal: AbortSignal,
): Promise<SpdyDialled> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'SPDY/3.1',
    'x-stream-protocol-version': [...protocols],
    'content-length': '0',
  };
  const reply = await ask(backend, { method: 'POST', path, headers, signal }).catch(
    (error: unknown) => {
      if (!(error instanceof BackendError)) throw error;
      const url = JSON.stringify(`https://${addressText(backend)}${path}`);
      throw new Error(`error sending request: Post ${url}: ${error.message}`, { cause: error });
    },
  );
  const { incoming } = reply;
  if (!reply.upgraded || incoming.headers.upgrade?.toLowerCase() !== 'spdy/3.1') {
    const text = await refusalOf(incoming);
    throw new Error(`unable to upgrade connection: ${text}`);
  }
  if (reply.head.length > 0) reply.socket.unshift(reply.head);
  return {
    socket: reply.socket,
    protocol: String(incoming.headers['x-stream-protocol-version'] ?? ''),
  };
}

const refusalBytesMax = 64 * 1024;

/** The message of a Status, or the text that came instead. */
async function refusalOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of incoming) {
    text += String(part);
    if (text.length >= refusalBytesMax) break;
  }
  try {
    const { kind, message } = JSON.parse(text) as { kind?: string; message?: string };
    if (kind === 'Status' && message !== undefined) return message;
  } catch {
    // text it is
  }
  return text.trim();
}
