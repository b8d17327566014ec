import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * TCP ports of the machine outside. Every connection goes on to a Unix socket on which the machine
 * inside listens: paths cross network namespaces, addresses do not.
 */
export class OutsidePorts {
  readonly #servers = new Map<string, Server>();

  /** `port` 0 takes a free one. Rejects with `code` EADDRINUSE or EACCES. Resolves with the port. */
  open(address: string, port: number, path: string): Promise<number> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (outer) =>
      join(outer, connect({ path, allowHalfOpen: true })),
    );
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => {
        const bound = server.address();
        const actual = typeof bound === 'object' && bound !== null ? bound.port : port;
        this.#servers.set(`${address}:${actual}`, server);
        resolve(actual);
      });
    });
  }

  /** No new connections; those there are end with their other half. */
  close(address: string, port: number): void {
    const id = `${address}:${port}`;
    this.#servers.get(id)?.close();
    this.#servers.delete(id);
  }
}

/** What ends on one side ends on the other; what breaks on one side breaks the other. */
function join(outer: Socket, inner: Socket): void {
  outer.setNoDelay(true);
  tie(outer, inner);
  tie(inner, outer);
}

function tie(from: Socket, to: Socket): void {
  from.on('error', () => to.destroy());
  // After an orderly end the other side may still have bytes to send.
  from.on('close', () => {
    if (!from.readableEnded) to.destroy();
  });
  from.pipe(to);
}
