import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestContext } from '../../context.ts';
import { takeConnection } from '../../request/web-socket.ts';
import type { Reply } from './backend.ts';
import type { Headers } from './headers.ts';

/** Hands a backend's answer on, as a stream: resolves when the client has all of it or is gone. */
export function passAnswer(
  context: RequestContext,
  incoming: IncomingMessage,
  headers: Headers,
): Promise<void> {
  const { exchange } = context;
  const code = incoming.statusCode ?? 502;
  const response = exchange.begin(code, headers);
  exchange.flushHead();
  context.answer = { code, headers: {}, body: undefined };
  // half an answer must not look like a whole one
  incoming.on('error', () => exchange.breakOff());
  incoming.on('aborted', () => exchange.breakOff());
  incoming.pipe(response);
  return new Promise((resolve) => {
    response.on('close', () => {
      incoming.destroy();
      resolve();
    });
  });
}

/** Both connections become one; resolves when either side has closed. */
export function passUpgrade(
  context: RequestContext,
  reply: Extract<Reply, { upgraded: true }>,
): Promise<void> {
  const client = context.upgrade;
  if (client === undefined) {
    reply.socket.destroy();
    return Promise.reject(new Error('the backend switched protocols without being asked to'));
  }
  takeConnection(context, client);
  client.socket.write(upgradeHead(reply.incoming));
  if (client.head.length > 0) reply.socket.write(client.head);
  if (reply.head.length > 0) client.socket.write(reply.head);
  return join(client.socket, reply.socket);
}

/** Bytes both ways; when one side is over, so is the other. */
export function join(left: Duplex, right: Duplex): Promise<void> {
  left.pipe(right);
  right.pipe(left);
  return new Promise((resolve) => {
    const over = (): void => {
      left.destroy();
      right.destroy();
      resolve();
    };
    for (const side of [left, right]) {
      side.on('close', over);
      side.on('error', over);
    }
  });
}

function upgradeHead(incoming: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${incoming.statusCode} ${incoming.statusMessage}`];
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
