import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer,
  type Server,
  type Socket,
} from 'node:net';
import { after, before, beforeEach } from 'node:test';
import { frameHead, settingsFrame } from './frame-writer.ts';
import { encodeHeaders } from './header-encoder.ts';
import { flag, frameType, type HeaderList } from './protocol.ts';
import { ServerConnection } from './server-connection.ts';
import type { Stream, StreamHandler } from './stream.ts';

/** For tests: a server on loopback, and a peer of it that sends bare frames. */

export const maxStreams = 50;
let server: Server;
export const served = {
  port: 0,
  connections: new Set<ServerConnection>(),
  onRequest: answer as (stream: Stream, headers: HeaderList | undefined) => StreamHandler,
};

/** Echoes the body; without one, `ok`. */
export function answer(stream: Stream): StreamHandler {
  const body = !stream.remoteEnded;
  stream.headers([':status', '200'], false);
  if (!body) stream.end(Buffer.from('ok'));
  return {
    onData: (chunk) => stream.write(Buffer.from(chunk), () => stream.consumed(chunk.length)),
    onEnd: () => stream.end(),
    onClose() {},
  };
}

/** Answers with a head alone, and leaves it at that. */
export function begin(stream: Stream): StreamHandler {
  stream.headers([':status', '200'], false);
  return { onData() {}, onEnd() {}, onClose() {} };
}

/** In the tests of the file that calls this. */
export function serve(): void {
  before(async () => {
    server = createServer((socket) => {
      const connection = new ServerConnection(socket, {
        streamWindow: 100_000,
        connectionWindow: 400_000,
        headerListBytes: 20_000,
        maxStreams,
        prefaceMs: 60_000,
        onRequest: (stream, headers) => served.onRequest(stream, headers),
      });
      served.connections.add(connection);
      connection.onClose = () => served.connections.delete(connection);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    served.port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    served.onRequest = answer;
  });
  after(() => {
    for (const connection of served.connections) connection.socket.destroy();
    server.close();
  });
}

export const plain: HeaderList = [
  ':method',
  'GET',
  ':scheme',
  'https',
  ':path',
  '/',
  ':authority',
  'x',
];

interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

interface Raw {
  socket: Socket;
  frames: Frame[];
  closed: Promise<unknown>;
  send(...frames: Buffer[]): void;
  until(enough: (frames: Frame[]) => boolean): Promise<void>;
  first(type: number): Promise<Frame>;
}

/** A connection of bare frames: greeted already. */
export async function dial(): Promise<Raw> {
  const socket = connectTcp(served.port, '127.0.0.1');
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  const frames: Frame[] = [];
  let rest = Buffer.alloc(0);
  const changed: (() => void)[] = [];
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3);
      const payload = rest.subarray(9, 9 + length);
      frames.push({
        type: rest[3] ?? 0,
        flags: rest[4] ?? 0,
        stream: rest.readUInt32BE(5),
        payload,
      });
      rest = rest.subarray(9 + length);
    }
    for (const tell of changed.splice(0)) tell();
  });
  socket.on('close', () => changed.splice(0).forEach((tell) => tell()));
  await once(socket, 'connect');
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(settingsFrame([]));
  const until = async (enough: (all: Frame[]) => boolean): Promise<void> => {
    while (!enough(frames)) {
      assert(!socket.destroyed, `closed after ${JSON.stringify(frames.map((f) => f.type))}`);
      await new Promise<void>((resolve) => changed.push(resolve));
    }
  };
  return {
    socket,
    frames,
    closed,
    until,
    send: (...list) => socket.write(Buffer.concat(list)),
    async first(type) {
      await until((all) => all.some((f) => f.type === type));
      return frames.find((f) => f.type === type) as Frame;
    },
  };
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  return Buffer.concat([frameHead(payload.length, type, flags, stream), payload]);
}

export function data(stream: number, payload: Buffer, end: boolean): Buffer {
  return frame(frameType.data, end ? flag.endStream : 0, stream, payload);
}

export function request(stream: number, list: HeaderList, flags: number = flag.endStream): Buffer {
  const block = Buffer.from(encodeHeaders(list));
  if (block.length <= 16_384)
    return frame(frameType.headers, flags | flag.endHeaders, stream, block);
  return Buffer.concat([
    frame(frameType.headers, flags, stream, block.subarray(0, 16_384)),
    frame(frameType.continuation, flag.endHeaders, stream, block.subarray(16_384)),
  ]);
}
