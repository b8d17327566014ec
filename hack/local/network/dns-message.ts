/**
 * DNS messages (RFC 1035, EDNS0 of RFC 6891): what a resolver asks a cluster's DNS, and answers of
 * the four record types that Kubernetes publishes. Names are lower case without the last dot.
 */
export const recordTypes = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, SRV: 33 } as const;
export const responseCodes = { ok: 0, formatError: 1, nameError: 3, notImplemented: 4 } as const;

export interface Question {
  id: number;
  /** Recursion desired: copied into the answer. */
  recursion: boolean;
  /** Query is 0; nothing else is answered. */
  opcode: number;
  name: string;
  type: number;
  class: number;
  /** The question section as sent: repeated in the answer, so that letter case is kept. */
  section: Buffer;
  /** What the asker takes over UDP; undefined without EDNS. */
  udpSize: number | undefined;
}

export type DnsRecord =
  | { type: 'A'; name: string; ttl: number; address: string }
  | { type: 'CNAME'; name: string; ttl: number; target: string }
  | { type: 'SRV'; name: string; ttl: number; port: number; target: string };

export interface Answer {
  code: number;
  answers: readonly DnsRecord[];
  /** Sent along in the additional section. */
  additional: readonly DnsRecord[];
  /** Zone named by the SOA of a negative answer. */
  zone: string;
}

const headerLength = 12;
const internet = 1;
const optType = 41;
/** How long a resolver may remember that a name does not exist, seconds. */
const negativeTtl = 2;

/** Throws a RangeError or Error on what is no DNS query. */
export function parseQuery(message: Buffer): Question {
  const flags = message.readUInt16BE(2);
  if ((flags & 0x8000) !== 0) throw new Error('not a query');
  if (message.readUInt16BE(4) !== 1) throw new Error('exactly one question is expected');
  const { name, end } = readName(message, headerLength);
  const type = message.readUInt16BE(end);
  const section = message.subarray(headerLength, end + 4);
  return {
    id: message.readUInt16BE(0),
    recursion: (flags & 0x0100) !== 0,
    opcode: (flags >> 11) & 0xf,
    name,
    type,
    class: message.readUInt16BE(end + 2),
    section,
    udpSize: readUdpSize(message, end + 4),
  };
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    const length = message.readUInt8(at);
    if (length === 0) break;
    // A question comes first: there is nothing yet that a pointer could point at.
    if (length > 63 || labels.length > 127) throw new Error('bad name in question');
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

function readUdpSize(message: Buffer, start: number): number | undefined {
  const additional = message.readUInt16BE(10);
  // Only the usual case, the OPT record right after the question; it has the root as its name.
  if (additional === 0 || start + 11 > message.length || message[start] !== 0) return undefined;
  return message.readUInt16BE(start + 1) === optType ? message.readUInt16BE(start + 3) : undefined;
}

/** `limit`: bytes that fit; an answer that is longer is sent empty with the truncation flag. */
export function encodeAnswer(question: Question, answer: Answer, limit: number): Buffer {
  const records = answer.answers.map(encodeRecord);
  const negative = records.length === 0 ? [encodeSoa(answer.zone)] : [];
  const extra = answer.additional.map(encodeRecord);
  if (question.udpSize !== undefined) extra.push(optRecord());
  const build = (parts: Buffer[][], truncated: boolean): Buffer => {
    const header = Buffer.alloc(headerLength);
    header.writeUInt16BE(question.id, 0);
    const flags =
      0x8400 | (truncated ? 0x0200 : 0) | (question.recursion ? 0x0180 : 0) | answer.code;
    header.writeUInt16BE(flags | (question.opcode << 11), 2);
    header.writeUInt16BE(1, 4);
    parts.forEach((part, i) => header.writeUInt16BE(part.length, 6 + 2 * i));
    return Buffer.concat([header, question.section, ...parts.flat()]);
  };
  const whole = build([records, negative, extra], false);
  return whole.length <= limit ? whole : build([[], [], []], true);
}

/** An answer without a question section, for what could not be parsed. Undefined: too short. */
export function encodeError(message: Buffer, code: number): Buffer | undefined {
  if (message.length < headerLength) return undefined;
  const header = Buffer.alloc(headerLength);
  message.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8000 | code, 2);
  return header;
}

function encodeName(name: string): Buffer {
  const parts = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...parts.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1')),
    Buffer.from([0]),
  ]);
}

function encodeRecord(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return wrap(record.name, recordTypes.A, record.ttl, addressBytes(record.address));
    case 'CNAME':
      return wrap(record.name, recordTypes.CNAME, record.ttl, encodeName(record.target));
    case 'SRV': {
      const head = Buffer.alloc(6);
      // Priority 0, weight 100: CoreDNS' values for a record that has no rivals.
      head.writeUInt16BE(100, 2);
      head.writeUInt16BE(record.port, 4);
      const data = Buffer.concat([head, encodeName(record.target)]);
      return wrap(record.name, recordTypes.SRV, record.ttl, data);
    }
  }
}

function addressBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function wrap(name: string, type: number, ttl: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(internet, 2);
  head.writeUInt32BE(ttl, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodeName(name), head, data]);
}

function encodeSoa(zone: string): Buffer {
  const numbers = Buffer.alloc(20);
  [1, 7200, 1800, 86400, negativeTtl].forEach((value, i) => numbers.writeUInt32BE(value, 4 * i));
  const data = Buffer.concat([
    encodeName(`ns.dns.${zone}`),
    encodeName(`hostmaster.${zone}`),
    numbers,
  ]);
  return wrap(zone, recordTypes.SOA, negativeTtl, data);
}

function optRecord(): Buffer {
  const record = Buffer.alloc(11);
  record.writeUInt16BE(optType, 1);
  record.writeUInt16BE(1232, 3);
  return record;
}
