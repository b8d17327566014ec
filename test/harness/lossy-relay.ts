import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP relay on loopback whose connections a test can break. */
export class LossyRelay {
  readonly #server: Server;
  readonly #links = new Set<Socket>();
  /** While false, who connects is turned away. */
  open = true;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(port: number): Promise<LossyRelay> {
    const server = createServer();
    const relay = new LossyRelay(server);
    server.on('connection', (near) => relay.#carry(near, connect(port, '127.0.0.1')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks what is connected, in the middle of whatever it carries. */
  cut(): void {
    for (const link of this.#links) link.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.open = false;
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #carry(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#links.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#links.delete(one);
        other.destroy();
      });
    }
    if (!this.open) near.resetAndDestroy();
    else near.pipe(far).pipe(near);
  }
}
