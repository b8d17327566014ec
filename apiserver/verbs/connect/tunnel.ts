import { StatusError } from '../../../object/status-error.ts';
import type { RequestContext } from '../../context.ts';
import { acceptWebSocket, webSocketStream } from '../../request/web-socket.ts';
import { ask, type Backend, BackendError } from './backend.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import { join, passAnswer } from './pass.ts';

/**
 * port-forward through a WebSocket: the messages hold the bytes of a SPDY connection, which go to
 * the kubelet as they are (k8s.io/apiserver util/proxy TunnelingHandler, KEP-4006).
 */
export const tunnelPrefix = 'SPDY/3.1+';
const suffix = '.k8s.io';

/** SPDY protocols out of the WebSocket's that carry them. */
export function tunnelled(offered: readonly string[]): string[] {
  return offered
    .filter((name) => name.startsWith(tunnelPrefix) && name.endsWith(suffix))
    .map((name) => name.slice(tunnelPrefix.length));
}

export async function tunnel(
  context: RequestContext,
  backend: Backend,
  path: string,
  protocols: readonly string[],
): Promise<void> {
  const headers = requestHeaders(context);
  for (const name of Object.keys(headers)) {
    if (name.startsWith('sec-websocket-')) delete headers[name];
  }
  Object.assign(headers, {
    connection: 'Upgrade',
    upgrade: 'SPDY/3.1',
    'x-stream-protocol-version': [...protocols],
  });
  const { signal } = context;
  const reply = await ask(backend, { method: 'POST', path, headers, signal }).catch(
    (error: unknown) => {
      if (!(error instanceof BackendError)) throw error;
      throw new StatusError(500, '', `error dialing backend: ${error.message}`);
    },
  );
  const { incoming } = reply;
  if (!reply.upgraded) {
    return passAnswer(context, incoming, responseHeaders(context, incoming));
  }
  if (incoming.headers.upgrade?.toLowerCase() !== 'spdy/3.1') {
    reply.socket.destroy();
    throw new StatusError(500, '', 'unable to upgrade: missing upgrade headers in response');
  }
  const chosen = String(incoming.headers['x-stream-protocol-version'] ?? '').trim();
  const protocol = chosen === '' ? '' : tunnelPrefix + chosen;
  const webSocket = await acceptWebSocket(context, protocol).catch((error: unknown) => {
    reply.socket.destroy();
    throw error;
  });
  if (reply.head.length > 0) reply.socket.unshift(reply.head);
  await join(webSocketStream(webSocket), reply.socket);
}
