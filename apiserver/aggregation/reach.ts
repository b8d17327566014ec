import { readFile } from 'node:fs/promises';
import type { ResolveService } from '../webhook/call.ts';
import { ask, type Backend } from '../verbs/connect/backend.ts';
import { makeAgents, type Trust } from './agents.ts';
import { aggregator, identityHeaders } from './identity.ts';
import type { RemoteApi } from './remote-api.ts';

/** Ways to the servers of APIServices. */
export interface ReachOptions {
  resolve: ResolveService;
  /** `--proxy-client-cert-file` and its key; empty: no client certificate. */
  proxyClient: { certFile: string; keyFile: string };
}

export interface Fetched {
  code: number;
  etag: string;
  contentType: string;
  bytes: Buffer;
}

export interface Reach {
  /** Rejects when the service has no address. */
  backend(api: RemoteApi): Promise<Backend>;
  /** A document, asked for by the aggregator itself. Rejects when nobody answers in time. */
  fetch(api: RemoteApi, path: string, headers: Record<string, string>): Promise<Fetched>;
  /** Address and why it does not serve the group version; undefined when it does. */
  probe(api: RemoteApi, path: string): Promise<string | undefined>;
  /** Ends connections. */
  close(): void;
}

const connectTimeoutMs = 10_000;
const fetchTimeoutMs = 5_000;
const documentBytesMax = 64 * 1024 * 1024;

export function makeReach(options: ReachOptions): Reach {
  const agents = makeAgents();

  /** Files are read for each connection: rotated certificates need no restart. */
  async function target(api: RemoteApi): Promise<Backend & { tls: Trust }> {
    const { certFile, keyFile } = options.proxyClient;
    const { namespace, name, port } = api.service;
    const at = await options.resolve(namespace, name, port);
    const own =
      certFile === '' ? {} : { cert: await readFile(certFile), key: await readFile(keyFile) };
    const tls = {
      servername: `${name}.${namespace}.svc`,
      rejectUnauthorized: !api.insecure,
      ...(api.caBundle === '' ? {} : { ca: api.caBundle }),
      ...own,
    };
    return { scheme: 'https', ...at, connectTimeoutMs, tls };
  }

  async function backend(api: RemoteApi): Promise<Backend> {
    const to = await target(api);
    return { ...to, agent: agents.of(api.name, `${to.host}:${to.port}`, to.tls) };
  }

  async function get(to: Backend, path: string, headers: Record<string, string>): Promise<Fetched> {
    const signal = AbortSignal.timeout(fetchTimeoutMs);
    const reply = await ask(to, {
      method: 'GET',
      path,
      headers: { ...identityHeaders(aggregator), ...headers },
      signal,
    });
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of reply.incoming as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > documentBytesMax)
        throw new Error(`${path} is larger than ${documentBytesMax} bytes`);
      parts.push(part);
    }
    const { statusCode = 0, headers: answered } = reply.incoming;
    return {
      code: statusCode,
      etag: answered.etag ?? '',
      contentType: answered['content-type'] ?? '',
      bytes: Buffer.concat(parts),
    };
  }

  return {
    backend,
    close: () => agents.close(),
    fetch: async (api, path, headers) => get(await backend(api), path, headers),
    async probe(api, path) {
      let address = '';
      try {
        // whether it answers is asked here, not who it is (status/remote_available_controller.go)
        const to = await target({ ...api, insecure: true });
        address = `https://${to.host}:${to.port}${path}`;
        const { code } = await get(to, path, {});
        if (code >= 200 && code < 300) return undefined;
        return `failing or missing response from ${address}: bad status from ${address}: ${code}`;
      } catch (error) {
        const { message } = error as Error;
        if (address === '') return message;
        return `failing or missing response from ${address}: Get ${JSON.stringify(address)}: ${message}`;
      }
    },
  };
}
