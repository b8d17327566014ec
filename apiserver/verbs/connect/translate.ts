import { finished, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import { jsonText } from '../../../object/json-text.ts';
import { internalError, StatusError } from '../../../object/status-error.ts';
import { SpdyConnection } from '../../../spdy/connection.ts';
import type { SpdyStream } from '../../../spdy/stream.ts';
import type { RequestContext } from '../../context.ts';
import { acceptWebSocket } from '../../request/web-socket.ts';
import { type Backend } from './backend.ts';
import { dialSpdy } from './dial-spdy.ts';

/**
 * exec and attach of a client that speaks WebSocket (v5.channel.k8s.io) with a kubelet that speaks
 * SPDY (k8s.io/apiserver util/proxy StreamTranslatorHandler). Each message begins with the number of
 * its channel; each channel is a stream of the SPDY connection.
 */
export interface AskedStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

export const closeProtocol = 'v5.channel.k8s.io';
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
const spdyProtocol = 'v4.channel.k8s.io';

export async function translate(
  context: RequestContext,
  backend: Backend,
  path: string,
  asked: AskedStreams,
): Promise<void> {
  const webSocket = await acceptWebSocket(context, closeProtocol);
  // tells the client that it is connected
  const first = asked.stdout ? channels.stdout : asked.stderr ? channels.stderr : channels.error;
  webSocket.send(Buffer.from([first]));
  const status = await run(context, webSocket, { backend, path, asked }).catch((error: Error) =>
    (error instanceof StatusError ? error : internalError(error.message)).body(),
  );
  if (webSocket.readyState === webSocket.OPEN) {
    webSocket.send(framed(channels.error, Buffer.from(jsonText(status))));
    webSocket.close(1000);
  }
  await new Promise<void>((resolve) => {
    if (webSocket.readyState === webSocket.CLOSED) resolve();
    else webSocket.once('close', () => resolve());
  });
}

interface Translation {
  backend: Backend;
  path: string;
  asked: AskedStreams;
}

/** Gives the Status that the client is told at the end. */
async function run(
  context: RequestContext,
  webSocket: WebSocket,
  { backend, path, asked }: Translation,
): Promise<object> {
  const early: Buffer[] = [];
  const keep = (message: Buffer): void => {
    early.push(message);
    webSocket.pause();
  };
  webSocket.on('message', keep);
  const dialled = await dialSpdy(backend, path, [spdyProtocol], context.signal);
  const connection = new SpdyConnection(dialled.socket, { side: 'client' });
  if (webSocket.readyState === webSocket.OPEN) webSocket.once('close', () => connection.destroy());
  else connection.destroy();
  const streams = await openStreams(connection, asked);
  const input = (message: Buffer): void => fromClient(message, webSocket, streams);
  webSocket.off('message', keep);
  webSocket.on('message', input);
  early.forEach(input);
  webSocket.resume();
  const [text] = await Promise.all([
    textOf(streams.error),
    toClient(streams.stdout, webSocket, channels.stdout),
    toClient(streams.stderr, webSocket, channels.stderr),
  ]);
  connection.close();
  return statusOf(text);
}

interface Streams {
  error: SpdyStream;
  stdin: SpdyStream | undefined;
  stdout: SpdyStream | undefined;
  stderr: SpdyStream | undefined;
  resize: SpdyStream | undefined;
}

/** In the order of Go's client, which is also the one that a kubelet has always seen. */
async function openStreams(connection: SpdyConnection, asked: AskedStreams): Promise<Streams> {
  const open = (streamtype: string, wanted: boolean): Promise<SpdyStream> | undefined =>
    wanted ? connection.open({ streamtype }) : undefined;
  const error = await connection.open({ streamtype: 'error' });
  error.end();
  const stdin = await open('stdin', asked.stdin);
  const stdout = await open('stdout', asked.stdout);
  const stderr = await open('stderr', asked.stderr && !asked.tty);
  const resize = await open('resize', asked.tty);
  return { error, stdin, stdout, stderr, resize };
}

function fromClient(message: Buffer, webSocket: WebSocket, streams: Streams): void {
  const body = message.subarray(1);
  switch (message[0]) {
    case channels.stdin:
      if (streams.stdin?.writable === true && !streams.stdin.write(body)) {
        webSocket.pause();
        streams.stdin.once('drain', () => webSocket.resume());
        streams.stdin.once('close', () => webSocket.resume());
      }
      break;
    case channels.resize:
      if (streams.resize?.writable === true) streams.resize.write(body);
      break;
    case channels.close:
      if (body[0] === channels.stdin) streams.stdin?.end();
      break;
    default:
  }
}

/** Resolves when the stream is over, however it ends: how it ended is the error stream's to say. */
function toClient(
  stream: SpdyStream | undefined,
  webSocket: WebSocket,
  channel: number,
): Promise<void> | undefined {
  if (stream === undefined) return undefined;
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => webSocket.send(framed(channel, chunk), done),
  });
  sink.on('error', () => stream.destroy());
  stream.pipe(sink);
  return new Promise((resolve) => {
    finished(sink, () => resolve());
    finished(stream, { writable: false }, (error) => {
      if (error) resolve();
    });
  });
}

function framed(channel: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([channel]), bytes]);
}

const statusBytesMax = 64 * 1024;

async function textOf(stream: SpdyStream): Promise<string> {
  let text = '';
  try {
    for await (const part of stream) {
      text += String(part);
      if (text.length > statusBytesMax) throw new Error('it is too long');
    }
  } catch (error) {
    throw new Error(`error reading from error stream: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return text;
}

const success = { metadata: {}, status: 'Success' };

interface KubeletStatus {
  status?: string;
  reason?: string;
  message?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** What the kubelet says on its error stream, in the API server's words (remotecommand errorDecoderV4). */
export function statusOf(text: string): object {
  if (text === '') return success;
  let status: KubeletStatus;
  try {
    status = JSON.parse(text) as KubeletStatus;
  } catch (error) {
    throw new Error(
      `error stream protocol error: ${(error as Error).message} in ${JSON.stringify(text)}`,
      {
        cause: error,
      },
    );
  }
  if (status.status === 'Success') return success;
  if (status.status !== 'Failure') throw new Error('error stream protocol error: unknown error');
  if (status.reason !== 'NonZeroExitCode') throw new Error(status.message ?? '');
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message ?? '';
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: code }] },
  };
}
