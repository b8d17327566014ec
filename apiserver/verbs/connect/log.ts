import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import {
  badRequest,
  internalError,
  invalid,
  type StatusCause,
  StatusError,
} from '../../../object/status-error.ts';
import type { RequestContext } from '../../context.ts';
import { booleanOf, integerOf } from '../../request/query.ts';
import { acceptWebSocket, isWebSocket, offeredProtocols } from '../../request/web-socket.ts';
import { ask, type Backend, BackendError } from './backend.ts';
import { addressText } from '../../outgoing/backend-error.ts';
import { passAnswer } from './pass.ts';

/** The log of a container, as its kubelet streams it (registry/core/pod/rest/log.go). */

/** The kubelet's query; throws 400 and 422 for what cannot be meant. */
export function logQuery(context: RequestContext): URLSearchParams {
  const { query, info } = context;
  const out = new URLSearchParams();
  for (const name of ['follow', 'previous', 'timestamps']) {
    if (booleanOf(query, name)) out.set(name, 'true');
  }
  const causes: StatusCause[] = [];
  const atLeast = { sinceSeconds: 1, tailLines: 0, limitBytes: 1 };
  for (const [name, least] of Object.entries(atLeast)) {
    const value = integerOf(query, name);
    if (value === undefined) continue;
    out.set(name, String(value));
    const why = least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';
    if (value < least) causes.push(fieldInvalid(name, value, why));
  }
  const since = query.get('sinceTime') ?? '';
  if (since !== '') {
    if (Number.isNaN(Date.parse(since))) {
      throw badRequest(
        `unable to decode query parameter sinceTime: cannot parse ${JSON.stringify(since)}`,
      );
    }
    out.set('sinceTime', since);
    if (out.has('sinceSeconds')) {
      const text = 'at most one of `sinceTime` or `sinceSeconds` may be specified';
      causes.push(fieldForbidden('', text));
    }
  }
  const stream = query.get('stream') ?? '';
  if (stream !== '') out.set('stream', stream);
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, info.name, causes);
  return out;
}

export async function passLog(
  context: RequestContext,
  backend: Backend,
  path: string,
): Promise<void> {
  const url = `https://${addressText(backend)}${path}`;
  const { signal } = context;
  const reply = await ask(backend, { method: 'GET', path, headers: {}, signal }).catch(
    (error: unknown) => {
      if (!(error instanceof BackendError)) throw error;
      throw new StatusError(500, '', `Get ${JSON.stringify(url)}: ${error.message}`);
    },
  );
  const { incoming } = reply;
  await checkAnswer(context, incoming);
  if (isWebSocket(context)) return messages(context, incoming);
  return passAnswer(context, incoming, {
    'audit-id': context.auditId,
    'cache-control': 'no-cache, private',
    'content-type': 'text/plain',
    ...context.extraHeaders,
  });
}

const errorBytesMax = 50_000;

/** What the kubelet says instead of a log (registry/generic/rest/response_checker.go). */
async function checkAnswer(context: RequestContext, incoming: IncomingMessage): Promise<void> {
  const code = incoming.statusCode ?? 0;
  if (code >= 200 && code <= 206) return;
  let text = '';
  for await (const part of incoming) {
    text += String(part);
    if (text.length >= errorBytesMax) break;
  }
  text = text.slice(0, errorBytesMax);
  if (code === 500) throw internalError(text);
  if (code === 400) throw badRequest(text);
  const [reason, message] = answers[code] ?? [
    '',
    `the server responded with the status code ${code} but did not return more information`,
  ];
  const { name } = context.info;
  throw new StatusError(code, reason, `${code === 403 ? text : message} ( pods/log ${name})`, {
    name,
    kind: 'pods/log',
  });
}

/** Reasons and words of answers that are not ours (api/errors, NewGenericServerResponse). */
const answers: Record<number, [reason: string, message: string]> = {
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', ''],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
};

/** `binary.k8s.io` and none: bytes; `base64.binary.k8s.io`: text (httpstream/wsstream/stream.go). */
async function messages(context: RequestContext, incoming: IncomingMessage): Promise<void> {
  const offered = offeredProtocols(context);
  const known = ['binary.k8s.io', 'base64.binary.k8s.io'];
  const protocol = offered.length === 0 ? '' : offered.find((name) => known.includes(name));
  if (protocol === undefined) {
    incoming.destroy();
    throw new StatusError(403, 'Forbidden', 'Forbidden');
  }
  const webSocket = await acceptWebSocket(context, protocol);
  webSocket.on('close', () => incoming.destroy());
  const encoded = protocol === 'base64.binary.k8s.io';
  try {
    // an empty one says that the stream has begun
    await send(webSocket, encoded ? '' : Buffer.alloc(0));
    for await (const part of incoming as AsyncIterable<Buffer>) {
      await send(webSocket, encoded ? part.toString('base64') : part);
    }
  } catch {
    // one of both ends is gone, and with it the stream
  }
  webSocket.close(1000);
}

function send(webSocket: WebSocket, data: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    webSocket.send(data, (error) => (error ? reject(error) : resolve()));
  });
}
