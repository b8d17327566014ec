import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { SpdyStream } from '../../../spdy/stream.ts';

/**
 * port-forward: for each connection the client opens a stream for errors and one for data, with the
 * same requestID. The other end of the data is a process inside the pod's network namespace, which
 * reaches what listens on the pod's loopback, as a kubelet does.
 */
const dialler = join(import.meta.dirname, 'dial.ts');
const errorBytesMax = 4096;

/** `pid`: of any process of the pod. */
export function servePortForward(pid: number): (stream: SpdyStream) => void {
  const errors = new Map<string, SpdyStream>();
  return (stream) => {
    const { streamtype, port = '', requestid = '' } = stream.headers;
    if (!/^\d{1,5}$/.test(port)) throw new Error(`${port} is no port`);
    if (streamtype === 'error') {
      errors.set(requestid, stream);
      stream.on('close', () => errors.delete(requestid));
    } else if (streamtype === 'data') {
      forward(pid, port, stream, errors.get(requestid));
      errors.delete(requestid);
    } else {
      throw new Error(`${streamtype} is no type of stream`);
    }
  };
}

/** `error` is ended when the connection is over. */
export function forward(pid: number, port: string, data: Duplex, error: Duplex | undefined): void {
  const namespace = `--net=/proc/${pid}/ns/net`;
  const child = spawn('nsenter', [namespace, process.execPath, dialler, port], { stdio: 'pipe' });
  let why = '';
  child.stderr.on('data', (part: Buffer) => {
    why = `${why}${part.toString()}`.slice(0, errorBytesMax);
  });
  child.stdin.on('error', () => {});
  data.pipe(child.stdin);
  child.stdout.pipe(data);
  data.on('close', () => child.kill('SIGKILL'));
  child.on('error', (failure) => {
    why = failure.message;
  });
  child.on('close', (code) => {
    if (code !== 0 && why !== '') error?.write(`error forwarding port ${port} to pod: ${why}`);
    error?.end();
    data.end();
  });
}
