// The one file that imports etcd3. From it come the loaded protocol and gRPC channels; its own retry,
// watch and lease layers are not used: they reconnect with losses, know no progress requests, and
// retry writes blindly.
import { ConnectionPool } from 'etcd3/lib/connection-pool.js';
import { isGrpcError } from './messages.ts';

export interface TlsMaterial {
  /** Undefined: the system's roots. */
  ca: Buffer | undefined;
  cert: Buffer | undefined;
  key: Buffer | undefined;
}

/** Upstream's client allows responses of 2 GiB; requests are limited by the server. */
const maxMessageBytes = 2 ** 31 - 1;

const channelOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  // etcd refuses pings more often than every 5 s (--grpc-keepalive-min-time)
  'grpc.keepalive_time_ms': 6_000,
  'grpc.keepalive_timeout_ms': 2_000,
  'grpc.keepalive_permit_without_calls': 0,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // retries are decided here, where it is known what may be repeated
  'grpc.enable_retries': 0,
  'grpc-node.flow_control_window': 8 * 1024 * 1024,
};

/** No policy of etcd3's own between us and gRPC. */
const passThrough = {
  execute: (fn: (context: { signal: AbortSignal }) => unknown) =>
    fn({ signal: new AbortController().signal }),
  onSuccess: () => ({ dispose() {} }),
  onFailure: () => ({ dispose() {} }),
};

type ServiceName = 'KV' | 'Watch' | 'Lease' | 'Maintenance';
type Callback = (error: Error | null, response: unknown) => void;

export interface Call {
  cancel(): void;
}

/** A bidirectional stream as grpc-js gives it. */
export interface Duplex {
  write(message: unknown): boolean;
  cancel(): void;
  on(event: 'data', listener: (message: unknown) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'end', listener: () => void): this;
}

interface ServiceClient {
  [method: string]: (...args: unknown[]) => unknown;
}

/** A connection to one endpoint, with one HTTP/2 session for everything. */
export class Connection {
  readonly #pool: ConnectionPool;
  readonly #services = new Map<ServiceName, ServiceClient>();
  /** Makes a member without a leader answer at once instead of after seconds. */
  #metadata: unknown;
  readonly #opened: Promise<void>;

  constructor(endpoint: string, tls: TlsMaterial | undefined) {
    const credentials =
      tls === undefined
        ? {}
        : {
            credentials: {
              // undefined means the system's roots to gRPC
              rootCertificate: tls.ca as Buffer,
              ...(tls.key === undefined ? {} : { privateKey: tls.key }),
              ...(tls.cert === undefined ? {} : { certChain: tls.cert }),
            },
          };
    this.#pool = new ConnectionPool({
      hosts: endpoint,
      ...credentials,
      grpcOptions: channelOptions,
      faultHandling: { host: () => passThrough, global: passThrough } as never,
    });
    this.#opened = this.#open();
    // a failure shows with the first call
    this.#opened.catch(() => undefined);
  }

  /** One unary call; rejects with grpc-js' ServiceError (code, details). `onCall` gets its handle. */
  async unary<T>(
    service: ServiceName,
    method: string,
    request: unknown,
    deadlineMs: number,
    onCall?: (call: Call) => void,
  ): Promise<T> {
    if (this.#metadata === undefined) await this.#opened;
    const client = this.#services.get(service) as ServiceClient;
    return new Promise<T>((resolve, reject) => {
      const done: Callback = (error, response) => {
        if (error !== null) reject(error);
        else resolve(response as T);
      };
      const options = { deadline: Date.now() + deadlineMs };
      const call = client[method]?.(request, this.#metadata, options, done) as Call;
      onCall?.(call);
    });
  }

  async watchStream(): Promise<Duplex> {
    if (this.#metadata === undefined) await this.#opened;
    return this.#services.get('Watch')?.['watch']?.(this.#metadata, {}) as Duplex;
  }

  /** Calls under way end on their own; new ones are refused. */
  close(): void {
    this.#pool.close();
  }

  async #open(): Promise<void> {
    for (const name of ['KV', 'Watch', 'Lease', 'Maintenance'] as const) {
      await this.#pool.withConnection(name, ({ client, metadata }) => {
        this.#services.set(name, client as unknown as ServiceClient);
        const own = metadata.clone();
        own.set('hasleader', 'true');
        this.#metadata = own;
      });
    }
  }
}

/** What to tell a person about an error from below. */
export function describeError(error: unknown): string {
  if (isGrpcError(error)) return error.details || error.message;
  return error instanceof Error ? error.message : String(error);
}
