import { type Duplex, PassThrough, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import { SpdyConnection } from '../../../spdy/connection.ts';
import type { SpdyStream } from '../../../spdy/stream.ts';

/** The streams of one exec or attach, however they are carried: remotecommand.k8s.io v4 and v5. */
export interface Session {
  /** Ends when the client has no more. */
  stdin: Duplex;
  stdout: Writable;
  stderr: Writable;
  /** JSON of a terminal's size. */
  onResize(listener: (size: Buffer) => void): void;
  onGone(listener: () => void): void;
  /** How it ended, as a Status; comes after all output, and closes. */
  finish(status: object): Promise<void>;
}

/** The kubelet's form of booleans: 1 or true. */
export function isSet(query: URLSearchParams, name: string): boolean {
  return ['1', 'true'].includes(query.get(name) ?? '');
}

const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

/** Messages begin with the number of their channel. */
export function webSocketSession(ws: WebSocket): Session {
  const stdin = new PassThrough();
  const output = (number: number): Writable => {
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        ws.send(Buffer.concat([Buffer.from([number]), chunk]), done);
      },
    });
    return sink.on('error', () => {});
  };
  const resized: ((size: Buffer) => void)[] = [];
  ws.on('message', (data) => {
    const message = data as Buffer;
    const body = message.subarray(1);
    if (message[0] === channel.close && body[0] === channel.stdin) stdin.end();
    if (message[0] === channel.resize) for (const listener of resized) listener(body);
    if (message[0] !== channel.stdin || stdin.write(body)) return;
    ws.pause();
    stdin.once('drain', () => ws.resume());
  });
  ws.on('error', () => ws.terminate());
  return {
    stdin,
    stdout: output(channel.stdout),
    stderr: output(channel.stderr),
    onResize: (listener) => void resized.push(listener),
    onGone: (listener) => void ws.on('close', listener),
    async finish(status) {
      if (ws.readyState !== ws.OPEN) return;
      const text = Buffer.from(JSON.stringify(status));
      ws.send(Buffer.concat([Buffer.from([channel.status]), text]));
      ws.close(1000);
    },
  };
}

/** Calls `begin` once the client has opened every stream that it asked for. */
export function spdySession(
  connection: (onStream: (stream: SpdyStream) => void) => SpdyConnection,
  query: URLSearchParams,
  begin: (session: Session) => void,
): void {
  const streams = new Map<string, SpdyStream>();
  const missing = new Set(['error']);
  const tty = isSet(query, 'tty');
  if (isSet(query, 'input')) missing.add('stdin');
  if (isSet(query, 'output')) missing.add('stdout');
  if (isSet(query, 'error') && !tty) missing.add('stderr');
  if (tty) missing.add('resize');
  const made = connection((stream) => {
    const kind = stream.headers['streamtype'] ?? '';
    if (!missing.delete(kind)) throw new Error(`a stream of type ${kind} was not asked for`);
    streams.set(kind, stream);
    if (missing.size === 0) begin(sessionOf(made, streams));
  });
}

function sessionOf(connection: SpdyConnection, streams: ReadonlyMap<string, SpdyStream>): Session {
  const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
  const stdin: Duplex = streams.get('stdin') ?? new PassThrough().end();
  return {
    stdin,
    stdout: streams.get('stdout') ?? nowhere(),
    stderr: streams.get('stderr') ?? nowhere(),
    onResize: (listener) => void streams.get('resize')?.on('data', listener),
    onGone: (listener) => void connection.closed.then(listener),
    async finish(status) {
      const error = streams.get('error');
      if (error?.writable === true) {
        await new Promise<void>((resolve) => {
          error.once('close', resolve);
          error.end(JSON.stringify(status), resolve);
        });
      }
      connection.close();
    },
  };
}
