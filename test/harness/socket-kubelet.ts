import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';

/**
 * A kubelet as clients see it that speak WebSocket with it, the API server only passing bytes on:
 * remotecommand v4, one byte of channel before each message. Its containers know `cat` (gives back
 * its input), `exit N` and print anything else; ports answer what they get behind their number.
 */
export interface SocketKubelet {
  port: number;
  close(): Promise<void>;
}

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3 };
const protocol = 'v4.channel.k8s.io';

export async function startSocketKubelet(): Promise<SocketKubelet> {
  const authority = await issueAuthority({ commonName: 'kubelet', durationMs: 3_600_000 });
  const leaf = await issueCertificate(authority, {
    subject: { commonName: 'kubelet' },
    names: { ipAddresses: ['127.0.0.1'] },
    usages: ['server auth'],
    durationMs: 3_600_000,
  });
  const tls = { cert: leaf.certificatePem, key: leaf.privateKeyPem };
  const server = createServer(tls, (request, response) => {
    response.end(`log ${new URL(request.url ?? '', 'https://kubelet').search.slice(1)}\n`);
  });
  const sockets = new WebSocketServer({
    server,
    handleProtocols: (asked) => (asked.has(protocol) ? protocol : false),
  });
  sockets.on('connection', (socket, request) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://kubelet');
    if (pathname.startsWith('/portForward/')) forward(socket, Number(searchParams.get('port')));
    // as Go's servers end: the connection goes with the last message
    else run(socket, searchParams, () => request.socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(socket: WebSocket, to: number, bytes: Buffer | string): void {
  socket.send(Buffer.concat([Buffer.of(to), Buffer.from(bytes)]));
}

function run(socket: WebSocket, query: URLSearchParams, end: () => void): void {
  const [command = 'cat', ...rest] = query.getAll('command');
  if (command === 'cat') {
    socket.on('message', (message: Buffer) => {
      if (message[0] === channel.stdin) send(socket, channel.stdout, message.subarray(1));
    });
    return;
  }
  const code = command === 'exit' ? (rest[0] ?? '0') : '0';
  if (command !== 'exit') {
    send(socket, channel.stdout, `${[command, ...rest].join(' ')}\n`);
    if (query.get('error') === '1') send(socket, channel.stderr, 'complaint\n');
  }
  send(socket, channel.error, JSON.stringify(statusOf(code)));
  socket.close();
  end();
}

function statusOf(code: string): object {
  if (code === '0') return { metadata: {}, status: 'Success' };
  const causes = [{ reason: 'ExitCode', message: code }];
  return { metadata: {}, status: 'Failure', reason: 'NonZeroExitCode', details: { causes } };
}

/** Channel 0 is the first port's data, 1 its errors; each begins with the port, little endian. */
function forward(socket: WebSocket, port: number): void {
  const first = Buffer.alloc(2);
  first.writeUInt16LE(port);
  for (const to of [0, 1]) send(socket, to, first);
  let answered = false;
  socket.on('message', (message: Buffer) => {
    if (message[0] !== 0) return;
    send(
      socket,
      0,
      answered ? message.subarray(1) : `port ${port}: ${message.toString('utf8', 1)}`,
    );
    answered = true;
  });
}
