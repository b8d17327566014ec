import { type Credentials, readInCluster, readKubeconfig } from './kubeconfig.ts';
import { type Call, createTransport, type Reply, type Transport } from './transport.ts';

/**
 * A way to one API server that outlives its credentials: the kubeconfig and the files it names are
 * read again every few seconds, so a rotated certificate, CA or token needs no restart.
 */
const reloadEveryMs = 5_000;

export class Connection {
  readonly #load: () => Credentials;
  /** Leave out certificate and token: whoever uses this brings a token. */
  readonly #bare: boolean;
  #credentials: Credentials;
  #transport: Transport;
  #generation = new AbortController();
  #withoutIdentity: Connection | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(load: () => Credentials, bare = false) {
    this.#load = load;
    this.#bare = bare;
    this.#credentials = load();
    this.#transport = this.#open(this.#credentials);
    this.#timer = setInterval(() => this.#reload(), reloadEveryMs);
    this.#timer.unref();
  }

  get credentials(): Credentials {
    return this.#credentials;
  }

  /** Aborts when the credentials are replaced: what streams on should begin anew. */
  get generation(): AbortSignal {
    return this.#generation.signal;
  }

  /** The same server with no identity of its own; shared by all who ask. */
  withoutIdentity(): Connection {
    this.#withoutIdentity ??= this.#bare ? this : new Connection(this.#load, true);
    return this.#withoutIdentity;
  }

  request(call: Call): Promise<Reply> {
    return this.#transport.request(call);
  }

  #open(credentials: Credentials): Transport {
    return createTransport(
      this.#bare ? { ...credentials, certificate: undefined, key: undefined } : credentials,
    );
  }

  #reload(): void {
    let next: Credentials;
    try {
      next = this.#load();
    } catch {
      return; // Half-written files: what is loaded stays good until they can be read.
    }
    if (next.version === this.#credentials.version) return;
    const old = { transport: this.#transport, generation: this.#generation };
    this.#credentials = next;
    this.#generation = new AbortController();
    this.#transport = this.#open(next);
    // Watches start again with the new credentials; requests under way may finish.
    old.generation.abort(new Error('credentials changed'));
    old.transport.retire();
  }

  close(): void {
    clearInterval(this.#timer);
    if (this.#withoutIdentity !== this) this.#withoutIdentity?.close();
    this.#generation.abort(new Error('the client was closed'));
    this.#transport.destroy();
  }
}

/** Explicit path, then KUBECONFIG, then the pod's service account. */
export function credentialsLoader(options: {
  kubeconfig?: string;
  inCluster?: boolean;
}): () => Credentials {
  return () => {
    if (options.inCluster === true) return readInCluster();
    const path = options.kubeconfig ?? process.env.KUBECONFIG;
    return path === undefined || path === '' ? readInCluster() : readKubeconfig(path);
  };
}
