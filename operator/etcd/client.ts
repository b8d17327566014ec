import { Agent, request } from 'node:https';

/**
 * What the operator asks of etcd, over its own HTTP gateway (etcd 3.4 to 3.6, `/v3/...`): members,
 * leadership, status. One member is spoken to at a time, by choice of the caller: most of these
 * calls mean something else on another member.
 */

export interface EtcdEndpoint {
  /** Member (pod) name; only for messages. */
  name: string;
  /** What to dial: an address, so that no DNS is needed. */
  host: string;
  port: number;
  /** What the member's certificate must say. */
  serverName: string;
}

export interface EtcdCredentials {
  ca: string;
  certificate: string;
  key: string;
}

export interface EtcdMember {
  /** Hexadecimal, as etcdctl prints it. */
  id: string;
  /** Empty until the member has started for the first time. */
  name: string;
  peerURLs: string[];
  learner: boolean;
}

export interface EtcdStatus {
  memberId: string;
  clusterId: string;
  /** Hexadecimal member ID; empty when this member knows no leader. */
  leader: string;
  version: string;
  learner: boolean;
  /** Alarms and other complaints of the member about itself. */
  errors: string[];
}

/** etcd answered, and refused. `grpcCode` 9 is FailedPrecondition: not yet, or not like this. */
export class EtcdError extends Error {
  readonly grpcCode: number;

  constructor(message: string, grpcCode: number) {
    super(message);
    this.name = 'EtcdError';
    this.grpcCode = grpcCode;
  }
}

/** The gateway writes 64-bit numbers as decimal strings; people and etcdctl use hexadecimal. */
function toHex(decimal: unknown): string {
  if (decimal === undefined || decimal === '0' || decimal === 0) return '';
  return BigInt(decimal as string).toString(16);
}

function toDecimal(hex: string): string {
  return BigInt(`0x${hex}`).toString();
}

interface WireMember {
  ID?: string;
  name?: string;
  peerURLs?: string[];
  isLearner?: boolean;
}

function readMember(wire: WireMember): EtcdMember {
  return {
    id: toHex(wire.ID),
    name: wire.name ?? '',
    peerURLs: wire.peerURLs ?? [],
    learner: wire.isLearner ?? false,
  };
}

/** Bytes of an answer above which it is not one of ours. */
const answerLimit = 1024 * 1024;

export interface EtcdClientOptions {
  credentials: EtcdCredentials;
  /** Milliseconds for one call, connection included. */
  timeoutMs?: number;
}

export class EtcdClient {
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  constructor({ credentials, timeoutMs = 2_000 }: EtcdClientOptions) {
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 4,
      ca: credentials.ca,
      cert: credentials.certificate,
      key: credentials.key,
    });
  }

  /** Linearizable: answered only when the cluster has a quorum. A learner refuses. */
  async members(at: EtcdEndpoint): Promise<EtcdMember[]> {
    const answer = await this.#post(at, '/v3/cluster/member/list', { linearizable: true });
    return ((answer.members ?? []) as WireMember[]).map(readMember);
  }

  /** Adds a learner. Answers the new member and all members. */
  async addLearner(
    at: EtcdEndpoint,
    peerURL: string,
  ): Promise<{ member: EtcdMember; members: EtcdMember[] }> {
    const body = { peerURLs: [peerURL], isLearner: true };
    const answer = await this.#post(at, '/v3/cluster/member/add', body);
    return {
      member: readMember(answer.member as WireMember),
      members: ((answer.members ?? []) as WireMember[]).map(readMember),
    };
  }

  async remove(at: EtcdEndpoint, id: string): Promise<void> {
    await this.#post(at, '/v3/cluster/member/remove', { ID: toDecimal(id) });
  }

  /** Learner to voter; etcd refuses (code 9) while it has not caught up with the leader. */
  async promote(at: EtcdEndpoint, id: string): Promise<void> {
    await this.#post(at, '/v3/cluster/member/promote', { ID: toDecimal(id) });
  }

  /** Must be sent to the leader. */
  async moveLeader(at: EtcdEndpoint, targetId: string): Promise<void> {
    const body = { targetID: toDecimal(targetId) };
    await this.#post(at, '/v3/maintenance/transfer-leadership', body);
  }

  /** The member about itself; needs no quorum, and learners answer too. */
  async status(at: EtcdEndpoint): Promise<EtcdStatus> {
    const answer = await this.#post(at, '/v3/maintenance/status', {});
    const header = (answer.header ?? {}) as Record<string, string>;
    const version = answer.version as string | undefined;
    return {
      memberId: toHex(header.member_id),
      clusterId: toHex(header.cluster_id),
      leader: toHex(answer.leader),
      version: version ?? '',
      learner: answer.isLearner === true,
      errors: (answer.errors ?? []) as string[],
    };
  }

  close(): void {
    this.#agent.destroy();
  }

  async #post(at: EtcdEndpoint, path: string, body: object): Promise<Record<string, unknown>> {
    const { status, text } = await this.#send(at, path, JSON.stringify(body));
    let answer: Record<string, unknown>;
    try {
      answer = JSON.parse(text);
    } catch {
      throw new Error(`etcd member ${at.name} answered ${status} to ${path} with no JSON`);
    }
    if (status === 200) return answer;
    const message = (answer.message ?? answer.error ?? `status ${status}`) as string;
    throw new EtcdError(`etcd member ${at.name}: ${message}`, Number(answer.code ?? 2));
  }

  #send(at: EtcdEndpoint, path: string, body: string): Promise<{ status: number; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    const call = request(
      {
        agent: this.#agent,
        host: at.host,
        port: at.port,
        servername: at.serverName,
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        // One limit for connecting, sending and answering; `timeout` would only see idle sockets.
        signal: AbortSignal.timeout(this.#timeoutMs),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > answerLimit) call.destroy(new Error('answer larger than 1 MiB'));
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      },
    );
    call.on('error', (cause: NodeJS.ErrnoException) => {
      const timedOut = cause.name === 'AbortError' || cause.name === 'TimeoutError';
      const why = timedOut ? `no answer within ${this.#timeoutMs} ms` : cause.message;
      reject(new Error(`etcd member ${at.name} at ${at.host}:${at.port}: ${why}`, { cause }));
    });
    call.end(body);
    return promise;
  }
}
