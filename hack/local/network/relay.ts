import { connect, type Server, type Socket } from 'node:net';
import type { Endpoint } from './endpoints.ts';

/**
 * Carries TCP connections of one Service port to its endpoints: each connection to one of them,
 * taken in turn, the next when one does not answer. What happens at the far end happens at the near
 * one: an end is an end, a reset is a reset.
 */
export interface RelayOptions {
  /** Looked up for each connection. */
  endpoints: () => Endpoint[];
  /** sessionAffinity ClientIP: a client stays with the endpoint it had, while that is ready. */
  sticky?: () => boolean;
  connectTimeoutMs?: number;
}

interface Link {
  near: Socket;
  far: Socket;
  target: string;
}

/** An endpoint in the same machine answers in a millisecond, or is not there. */
const connectTimeoutDefaultMs = 1000;
/** Clients remembered for affinity. */
const stickyMost = 10_000;

export class Relay {
  readonly #options: RelayOptions;
  readonly #links = new Set<Link>();
  readonly #waiting = new Set<Socket>();
  readonly #servers = new Set<Server>();
  readonly #affinity = new Map<string, string>();
  #turn = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  get connections(): number {
    return this.#links.size + this.#waiting.size;
  }

  /** The server must have been made with `allowHalfOpen` and `pauseOnConnect`. */
  serve(server: Server): void {
    this.#servers.add(server);
    server.on('connection', (socket) => void this.#accept(socket));
    server.on('close', () => this.#servers.delete(server));
  }

  /** Closes connections to endpoints that are gone or no longer ready; those leaving may finish. */
  refresh(): void {
    const kept = new Set(
      this.#options
        .endpoints()
        .filter((e) => e.ready || e.terminating)
        .map(targetOf),
    );
    for (const link of this.#links) {
      if (!kept.has(link.target)) this.#reset(link);
    }
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const link of this.#links) this.#reset(link);
    for (const socket of this.#waiting) socket.destroy();
  }

  #reset(link: Link): void {
    reset(link.near);
    reset(link.far);
  }

  async #accept(near: Socket): Promise<void> {
    this.#waiting.add(near);
    near.setNoDelay(true);
    near.on('error', () => {});
    const client = near.remoteAddress ?? '';
    for (const endpoint of this.#order(client)) {
      const far = await this.#connect(endpoint);
      if (near.destroyed) {
        far?.destroy();
        break;
      }
      if (far === undefined) continue;
      this.#waiting.delete(near);
      if (this.#options.sticky?.() === true) this.#remember(client, targetOf(endpoint));
      this.#join({ near, far, target: targetOf(endpoint) });
      return;
    }
    this.#waiting.delete(near);
    // As kube-proxy's REJECT: nobody is there, and saying so at once beats a time-out.
    reset(near);
  }

  /** Every ready endpoint, beginning with the one whose turn it is. */
  #order(client: string): Endpoint[] {
    const ready = this.#options.endpoints().filter((endpoint) => endpoint.ready);
    if (ready.length === 0) return [];
    const preferred = this.#options.sticky?.() === true ? this.#affinity.get(client) : undefined;
    const known = ready.findIndex((endpoint) => targetOf(endpoint) === preferred);
    const start = known === -1 ? this.#turn++ % ready.length : known;
    return [...ready.slice(start), ...ready.slice(0, start)];
  }

  #remember(client: string, target: string): void {
    this.#affinity.delete(client);
    this.#affinity.set(client, target);
    if (this.#affinity.size <= stickyMost) return;
    const [oldest] = this.#affinity.keys();
    if (oldest !== undefined) this.#affinity.delete(oldest);
  }

  #connect({ address, port }: Endpoint): Promise<Socket | undefined> {
    return new Promise((resolve) => {
      const far = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
      const ms = this.#options.connectTimeoutMs ?? connectTimeoutDefaultMs;
      const timer = setTimeout(() => far.destroy(new Error('timed out')), ms);
      far.on('error', () => {});
      far.once('connect', () => {
        clearTimeout(timer);
        resolve(far);
      });
      far.once('close', () => {
        clearTimeout(timer);
        resolve(undefined);
      });
    });
  }

  #join(link: Link): void {
    const { near, far } = link;
    this.#links.add(link);
    const tie = (from: Socket, to: Socket): void => {
      from.on('error', () => reset(to));
      from.on('close', () => {
        this.#links.delete(link);
        // Closed without an end: whoever still waits must learn of it.
        if (!from.readableEnded) reset(to);
      });
      from.pipe(to);
    };
    tie(near, far);
    tie(far, near);
  }
}

function targetOf({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}

/** A connection from outside arrives over a Unix socket, which can be closed but not reset. */
function reset(socket: Socket): void {
  if (socket.localAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
