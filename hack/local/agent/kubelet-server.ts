import { spawn } from 'node:child_process';
import { createReadStream, existsSync, readFileSync, statSync, watch } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type WebSocket, WebSocketServer } from 'ws';
import { kubeletPort } from '../network/addresses.ts';
import type { ContainerRunner } from './container-runner.ts';
import type { PodRunner } from './pod-runner.ts';

/** The kubelet's own API, as far as the API server asks for it: container logs and exec. */
export interface KubeletServer {
  close(): void;
}

export interface KubeletOptions {
  certificate: { certificatePem: string; privateKeyPem: string };
  /** Whoever holds a certificate of this CA may ask. */
  clientCaPem: string;
  find(namespace: string, pod: string): PodRunner | undefined;
}

const channels = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

export async function serveKubelet(options: KubeletOptions): Promise<KubeletServer> {
  const server = createServer(
    {
      cert: options.certificate.certificatePem,
      key: options.certificate.privateKeyPem,
      ca: options.clientCaPem,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      try {
        answer(request, response, options);
      } catch (error) {
        refuse(response, 500, (error as Error).message);
      }
    },
  );
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (asked) => channels.find((name) => asked.has(name)) ?? false,
  });
  server.on('upgrade', (request, socket, head) => {
    const found = target(request.url ?? '', options);
    if (found === undefined || found.action !== 'exec' || found.container.pid === 0) {
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) =>
      exec(ws, found.container.pid, found.query),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(kubeletPort, '0.0.0.0', resolve);
  });
  return { close: () => server.close() };
}

interface Target {
  action: string;
  container: ContainerRunner;
  query: URLSearchParams;
}

/** /<action>/<namespace>/<pod>/<container>?… */
function target(url: string, options: KubeletOptions): Target | undefined {
  const { pathname, searchParams } = new URL(url, 'https://kubelet');
  const [, action = '', namespace = '', pod = '', name = ''] = pathname.split('/');
  const container = options.find(namespace, pod)?.containers.find((c) => c.state.name === name);
  return container === undefined ? undefined : { action, container, query: searchParams };
}

function answer(request: IncomingMessage, response: ServerResponse, options: KubeletOptions): void {
  if (request.url === '/healthz') {
    response.end('ok');
    return;
  }
  const found = target(request.url ?? '', options);
  if (found === undefined) return refuse(response, 404, 'no such container on this node');
  if (found.action !== 'containerLogs')
    return refuse(response, 400, `${found.action} needs an upgrade to WebSocket`);
  logs(response, found.container.logFile, found.query);
}

function refuse(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'content-type': 'text/plain' });
  response.end(`${message}\n`);
}

function logs(response: ServerResponse, file: string, query: URLSearchParams): void {
  for (const name of ['timestamps', 'sinceTime', 'sinceSeconds', 'previous']) {
    const value = query.get(name);
    if (value !== null && value !== 'false') {
      return refuse(
        response,
        400,
        `logs of the local mode carry no times: ${name} is not supported`,
      );
    }
  }
  response.writeHead(200, { 'content-type': 'text/plain' });
  if (!existsSync(file)) {
    response.end();
    return;
  }
  let at = startOf(file, query.get('tailLines'));
  const limit = Number(query.get('limitBytes') ?? Number.POSITIVE_INFINITY);
  if (query.get('follow') !== 'true') {
    createReadStream(file, { start: at, end: at + limit - 1 }).pipe(response);
    return;
  }
  const send = (): void => {
    const { size } = statSync(file);
    if (size < at) at = 0;
    if (size === at) return;
    const bytes = readFileSync(file).subarray(at);
    at += bytes.length;
    response.write(bytes);
  };
  send();
  const watcher = watch(file, send);
  response.on('close', () => watcher.close());
}

/** Byte offset of the last lines asked for. */
function startOf(file: string, tailLines: string | null): number {
  if (tailLines === null) return 0;
  const bytes = readFileSync(file);
  let left = Number(tailLines) + 1;
  let at = bytes.length;
  while (at > 0 && left > 0) {
    at = bytes.lastIndexOf(0x0a, at - 1);
    left -= 1;
  }
  return at <= 0 ? 0 : at + 1;
}

/** Channels 0 stdin, 1 stdout, 2 stderr, 3 the exit as a Status (remotecommand v4 and v5). */
function exec(ws: WebSocket, pid: number, query: URLSearchParams): void {
  const child = spawn(
    'nsenter',
    [
      '--target',
      String(pid),
      '--mount',
      '--net',
      '--root',
      '--wd',
      '--',
      ...query.getAll('command'),
    ],
    { stdio: 'pipe' },
  );
  const send = (channel: number) => (bytes: Buffer) =>
    ws.send(Buffer.concat([Buffer.from([channel]), bytes]));
  child.stdout.on('data', send(1));
  child.stderr.on('data', send(2));
  child.stdin.on('error', () => {});
  if (query.get('input') !== '1' && query.get('input') !== 'true') child.stdin.end();
  ws.on('message', (data) => {
    const bytes = data as Buffer;
    if (bytes[0] === 0) child.stdin.write(bytes.subarray(1));
    else if (bytes[0] === 255 && bytes[1] === 0) child.stdin.end();
  });
  ws.on('close', () => child.kill('SIGKILL'));
  child.on('close', (code) => {
    send(3)(Buffer.from(JSON.stringify(exitStatus(code ?? 137))));
    ws.close(1000);
  });
  child.on('error', (error) => {
    send(3)(Buffer.from(JSON.stringify({ ...exitStatus(126), message: error.message })));
    ws.close(1000);
  });
}

function exitStatus(code: number): object {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: error executing command, exit code ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}
