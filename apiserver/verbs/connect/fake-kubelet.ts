import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { issueAuthority, issueCertificate } from '../../../pki/certificate.ts';
import { SpdyConnection } from '../../../spdy/connection.ts';
import type { SpdyStream } from '../../../spdy/stream.ts';

/**
 * Test fixture: a kubelet of the old kind, whose connections are SPDY alone. Its containers know
 * three commands: `cat` gives back its input, `exit N` fails, anything else is printed.
 */
export interface FakeKubelet {
  port: number;
  /** Method and URL of every request, in order. */
  readonly asked: string[];
  /** Headers of the last one. */
  headers(): IncomingMessage['headers'];
  close(): Promise<void>;
}

export async function startFakeKubelet(): Promise<FakeKubelet> {
  const authority = await issueAuthority({ commonName: 'kubelet', durationMs: 3_600_000 });
  const leaf = await issueCertificate(authority, {
    subject: { commonName: 'kubelet' },
    names: { ipAddresses: ['127.0.0.1'] },
    usages: ['server auth'],
    durationMs: 3_600_000,
  });
  const asked: string[] = [];
  let headers: IncomingMessage['headers'] = {};
  const tls = { cert: leaf.certificatePem, key: leaf.privateKeyPem };
  const server = createSecureServer(tls, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    headers = request.headers;
    const url = new URL(request.url ?? '', 'https://kubelet');
    if (url.pathname.endsWith('/none')) {
      response.writeHead(404).end('no such container');
    } else if (url.pathname.startsWith('/containerLogs/')) {
      response.end(`log ${url.searchParams.toString()}\n`);
    } else if (url.pathname === '/moved') {
      const headers = { location: '/else?a=1', 'access-control-allow-origin': '*' };
      response.writeHead(302, headers).end();
    } else if (url.pathname === '/lost') {
      response.writeHead(302, { location: '/%zz' }).end();
    } else if (url.pathname === '/page') {
      const headers = { 'content-type': 'text/html; charset=utf-8', 'content-encoding': 'gzip' };
      response.writeHead(200, headers).end(gzipSync('<p>ü<a href="/next">n</a></p>'));
    } else {
      response.setHeader('content-type', 'text/plain');
      response.end(
        `${request.method} ${request.url} ${String(request.headers['x-forwarded-uri'] ?? '')}`,
      );
    }
  });
  server.on('upgrade', (request, socket, head) => {
    asked.push(`${request.method} ${request.url} ${request.headers.upgrade}`);
    headers = request.headers;
    upgrade(request, socket, head);
  });
  const port = await listening(server);
  return { port, asked, headers: () => headers, close: () => closed(server) };
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const url = new URL(request.url ?? '', 'https://kubelet');
  if (request.headers.upgrade !== 'SPDY/3.1' || url.pathname.endsWith('/none')) {
    socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 17\r\n\r\nno such container');
    return;
  }
  const offered = String(request.headers['x-stream-protocol-version'] ?? '').split(', ');
  const protocol = offered.find((name) =>
    ['v4.channel.k8s.io', 'portforward.k8s.io'].includes(name),
  );
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  const serve = url.pathname.startsWith('/portForward/') ? forwarding() : session(url.searchParams);
  new SpdyConnection(socket, { side: 'server', onStream: serve });
}

/** Every data stream answers what it gets, behind the port it came for. */
function forwarding(): (stream: SpdyStream) => void {
  return (stream) => {
    if (stream.headers['streamtype'] !== 'data') {
      stream.end();
      return;
    }
    stream.write(`port ${stream.headers['port']}: `);
    stream.pipe(stream);
  };
}

function session(query: URLSearchParams): (stream: SpdyStream) => void {
  const streams = new Map<string, SpdyStream>();
  const wanted = ['error'];
  if (query.has('input')) wanted.push('stdin');
  if (query.has('output')) wanted.push('stdout');
  if (query.has('error') && !query.has('tty')) wanted.push('stderr');
  if (query.has('tty')) wanted.push('resize');
  return (stream) => {
    streams.set(stream.headers['streamtype'] ?? '', stream);
    if (wanted.every((name) => streams.has(name))) run(query, streams);
  };
}

function run(query: URLSearchParams, streams: ReadonlyMap<string, SpdyStream>): void {
  const [command = 'cat', ...rest] = query.getAll('command');
  const { error, stdin, stdout, stderr } = Object.fromEntries(streams);
  const finish = (code: string): void => {
    stdout?.end();
    stderr?.end();
    error?.end(
      JSON.stringify(
        code === '0'
          ? { metadata: {}, status: 'Success' }
          : {
              metadata: {},
              status: 'Failure',
              reason: 'NonZeroExitCode',
              message: 'x',
              details: { causes: [{ reason: 'ExitCode', message: code }] },
            },
      ),
    );
  };
  if (command === 'size') {
    streams.get('resize')?.once('data', (size: Buffer) => {
      stdout?.write(size);
      finish('0');
    });
  } else if (command === 'cat' && stdin !== undefined) {
    stdin.on('end', () => finish('0'));
    stdin.on('data', (part: Buffer) => stdout?.write(part));
  } else {
    stdout?.write(`${[command, ...rest].join(' ')}\n`);
    stderr?.write('complaint\n');
    finish(command === 'exit' ? (rest[0] ?? '') : '0');
  }
}

/** Any HTTP server on a free port of loopback. */
export function listening(server: Server | ReturnType<typeof createSecureServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

export function closed(server: Server | ReturnType<typeof createServer>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
