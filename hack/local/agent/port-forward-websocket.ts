import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { forward } from './kubelet-port-forward.ts';

/**
 * port-forward over a WebSocket (v4.channel.k8s.io, kubelet's portforward/websocket.go): for the port
 * with index i, channel 2i is its data both ways and 2i+1 its errors; the first message of each says
 * the port, in two bytes, little-endian. One connection a port; when all are over, so is the session.
 */
export function serveWebSocketPortForward(
  ws: WebSocket,
  pid: number,
  ports: readonly string[],
): void {
  const inputs = new Map<number, Duplex>();
  ws.on('message', (data) => {
    const message = data as Buffer;
    if (inputs.get(message[0] ?? -1)?.push(message.subarray(1)) === false) ws.pause();
  });
  ws.on('error', () => ws.terminate());
  ws.on('close', () => {
    for (const stream of inputs.values()) stream.destroy();
  });
  const done = ports.map((port, index) => {
    const data = channel(ws, 2 * index);
    const error = channel(ws, 2 * index + 1);
    inputs.set(2 * index, data);
    const said = Buffer.alloc(2);
    said.writeUInt16LE(Number(port));
    data.write(said);
    error.write(said);
    return new Promise<void>((over) => {
      error.on('finish', over).on('close', over);
      forward(pid, port, data, error);
    });
  });
  void Promise.all(done).then(() => ws.close(1000));
}

function channel(ws: WebSocket, number: number): Duplex {
  const stream = new Duplex({
    read: () => ws.resume(),
    write: (chunk: Buffer, _encoding, written) =>
      ws.send(Buffer.concat([Buffer.from([number]), chunk]), written),
  });
  // the client has gone, and hears of it no more
  return stream.on('error', () => {});
}

/** The ports that were asked for; undefined when one is none, or there are none. */
export function portsAsked(query: URLSearchParams): string[] | undefined {
  const ports = query.getAll('port').flatMap((list) => list.split(','));
  const fine = ports.every(
    (port) => /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65536,
  );
  return fine && ports.length > 0 ? ports : undefined;
}
