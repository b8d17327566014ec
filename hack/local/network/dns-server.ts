import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket as Stream } from 'node:net';
import { type Directory, resolveName } from './dns-names.ts';
import {
  encodeAnswer,
  encodeError,
  parseQuery,
  type Question,
  responseCodes,
} from './dns-message.ts';

/** The cluster's DNS over UDP and TCP on one address. */
export interface DnsServer {
  /** The port it listens on, the same for both. */
  port: number;
  close(): Promise<void>;
}

export interface DnsOptions {
  directory: Directory;
  zone: string;
  address: string;
  port: number;
}

/** Without EDNS (RFC 1035), and the most we ever send in one datagram (DNS flag day 2020). */
const udpDefault = 512;
const udpMost = 1232;
const tcpMost = 65535;
const tcpConnections = 100;
const tcpIdleMs = 10_000;

export async function serveDns(options: DnsOptions): Promise<DnsServer> {
  const udp = createSocket('udp4');
  udp.on('message', (message, from) => {
    const reply = answer(message, options, (q) => Math.min(q.udpSize ?? udpDefault, udpMost));
    if (reply !== undefined) udp.send(reply, from.port, from.address);
  });
  udp.bind(options.port, options.address);
  await once(udp, 'listening');
  const { port } = udp.address();
  const tcp = createServer((stream) => serveStream(stream, options));
  tcp.maxConnections = tcpConnections;
  tcp.listen(port, options.address);
  await once(tcp, 'listening');
  return { port, close: () => closeBoth(udp, tcp) };
}

async function closeBoth(udp: Socket, tcp: Server): Promise<void> {
  await Promise.all([
    new Promise<void>((resolve) => udp.close(() => resolve())),
    new Promise<void>((resolve) => tcp.close(() => resolve())),
  ]);
}

function answer(
  message: Buffer,
  { directory, zone }: DnsOptions,
  limit: (question: Question) => number,
): Buffer | undefined {
  let question: Question;
  try {
    question = parseQuery(message);
  } catch {
    return encodeError(message, responseCodes.formatError);
  }
  if (question.opcode !== 0 || question.class !== 1) {
    const refusal = { code: responseCodes.notImplemented, answers: [], additional: [], zone };
    return encodeAnswer(question, refusal, limit(question));
  }
  const size = Math.max(limit(question), udpDefault);
  return encodeAnswer(question, resolveName(directory, zone, question.name, question.type), size);
}

/** Messages with a two-byte length before each (RFC 1035, 4.2.2). */
function serveStream(stream: Stream, options: DnsOptions): void {
  let pending = Buffer.alloc(0);
  stream.setTimeout(tcpIdleMs, () => stream.destroy());
  stream.on('error', () => stream.destroy());
  stream.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2) {
      const length = pending.readUInt16BE(0);
      if (pending.length < 2 + length) return;
      const reply = answer(pending.subarray(2, 2 + length), options, () => tcpMost);
      pending = pending.subarray(2 + length);
      if (reply === undefined) continue;
      const prefix = Buffer.alloc(2);
      prefix.writeUInt16BE(reply.length, 0);
      stream.write(Buffer.concat([prefix, reply]));
    }
  });
}
