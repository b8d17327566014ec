import { Agent } from 'node:https';
import { connect, type ConnectionOptions } from 'node:tls';
import { backendErrorText } from './backend-error.ts';
import { authorizationOf, type WebhookCredentials } from './credentials.ts';
import { AnswerUnreadable, postJson, PostRefused } from './post.ts';
import { jsonSyntaxError } from '../../schema/json-syntax.ts';

/**
 * One POST to a webhook over TLS, of admission or of conversion. A service reference is called by its
 * DNS name, which its certificate must carry, at the address the resolver gives.
 * Source: k8s.io/apiserver util/webhook/client.go.
 */

export interface ClientConfig {
  url?: string;
  service?: { namespace: string; name: string; path?: string; port?: number };
  /** Base64 PEM. */
  caBundle?: string;
}

/** Where to connect for port `port` of a Service. Rejects when it has no address. */
export type ResolveService = (
  namespace: string,
  name: string,
  port: number,
) => Promise<{ host: string; port: number }>;

export interface WebhookCaller {
  /** Gives the parsed answer. Rejects on anything but 2xx JSON in time. */
  post(
    client: ClientConfig,
    body: object,
    timeoutMs: number,
    /** Of an answer; 10 MiB unless given. */
    answerBytesMax?: number,
  ): Promise<unknown>;
  close(): void;
}

const clientsMax = 256;
const socketsMax = 64;

export function makeWebhookCaller(options: {
  resolve: ResolveService;
  /** Nobody in particular unless given. */
  credentials?: WebhookCredentials | undefined;
}): WebhookCaller {
  /** By address and trust: a changed configuration connects anew. Oldest out first. */
  const agents = new Map<string, Agent>();
  const userOf = (target: URL) =>
    options.credentials?.(`${target.hostname}:${target.port || '443'}`);

  function agentFor(target: URL, { caBundle, service }: ClientConfig): Agent {
    const key = `${target.host} ${service === undefined ? '' : 'service'} ${caBundle ?? ''}`;
    let agent = agents.get(key);
    if (agent !== undefined) return agent;
    if (agents.size >= clientsMax) {
      const [oldest] = agents.keys();
      agents.get(oldest as string)?.destroy();
      agents.delete(oldest as string);
    }
    const ca = caBundle ? Buffer.from(caBundle, 'base64').toString('utf8') : undefined;
    const { certificate: cert, key: certKey } = userOf(target) ?? {};
    const trust = {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(certKey === undefined ? {} : { key: certKey }),
    };
    agent = new Agent({ keepAlive: true, maxSockets: socketsMax, ...trust });
    if (service !== undefined) {
      agent.createConnection = connectionsTo(target, service, options.resolve, trust);
    }
    agents.set(key, agent);
    return agent;
  }

  return {
    async post(client, body, timeoutMs, answerBytesMax) {
      const target = addressOf(client);
      // in whole seconds, as upstream tells it
      if (timeoutMs > 0) target.searchParams.set('timeout', `${Math.ceil(timeoutMs / 1000)}s`);
      try {
        const answer = await postJson(target, agentFor(target, client), body, {
          timeoutMs,
          headers: authorizationOf(userOf(target)),
          ...(answerBytesMax === undefined ? {} : { answerBytesMax }),
        });
        if (answer !== undefined) return answer;
      } catch (error) {
        throw new Error(failureText(client, target, error as Error), { cause: error });
      }
      throw new Error('0-length response with status code: 200 and content type: application/json');
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

/** To where a Service is, under its name; a redirect may lead elsewhere. */
function connectionsTo(
  target: URL,
  { namespace, name }: NonNullable<ClientConfig['service']>,
  resolve: ResolveService,
  trust: ConnectionOptions,
): Agent['createConnection'] {
  const port = Number(target.port || 443);
  return (given, done) => {
    const to = { host: String(given.host), port: Number(given.port) };
    const elsewhere = to.host !== target.hostname || to.port !== port;
    const found = elsewhere ? Promise.resolve(to) : resolve(namespace, name, port);
    found.then(
      (at) => {
        const socket = connect({ ...at, servername: target.hostname, ...trust });
        socket.once('secureConnect', () => done?.(null, socket));
        socket.once('error', (error) => done?.(error, socket));
      },
      (error: Error) => done?.(error, undefined as never),
    );
    return undefined;
  };
}

function addressOf({ url, service }: ClientConfig): URL {
  if (service !== undefined) {
    const { namespace, name, path = '', port = 443 } = service;
    const at = new URL(`https://${name}.${namespace}.svc:${port}`);
    at.pathname = path;
    return at;
  }
  if (url === undefined) throw new Error('webhook configuration must have either service or URL');
  return new URL(url);
}

/** What client-go says of a call that failed: of the way there with the address, of an answer without. */
function failureText({ service }: ClientConfig, target: URL, error: Error): string {
  if (error instanceof PostRefused) return refusalText(error);
  if (error instanceof AnswerUnreadable) {
    const why = unreadableText(error);
    return `couldn't get version/kind; json parse error: ${why}`;
  }
  const port = Number(target.port || 443);
  // a URL leaves its usual port out; upstream names the port of a Service always
  const host = service === undefined ? target.host : `${target.hostname}:${port}`;
  const shown = `${target.protocol}//${host}${target.pathname}${target.search}`;
  // of a name with several addresses Node tells each failure
  const [first = error] = error instanceof AggregateError ? (error.errors as Error[]) : [];
  const { address = target.hostname } = first as { address?: string };
  const why = backendErrorText({ host: address, port }, first);
  return `Post ${JSON.stringify(shown)}: ${why}`;
}

/** Text that is no JSON is YAML to upstream: most is one long string then. */
function unreadableText({ text, message }: AnswerUnreadable): string {
  if (/^\s*[{[]/.test(text)) return jsonSyntaxError(text) ?? message;
  return String.raw`json: cannot unmarshal string into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;
}

/** A Status that the server sent with a refusal says it in its own words. */
function statusMessage(body: string): string | undefined {
  try {
    const { status, message = '' } = JSON.parse(body) as { status?: string; message?: string };
    return status === 'Failure' ? message : undefined;
  } catch {
    return undefined;
  }
}

/** What client-go makes of a status code (apimachinery errors.NewGenericServerResponse). */
function refusalText({ code, message, text }: PostRefused): string {
  const said = statusMessage(text);
  if (said !== undefined) return said;
  const known: Record<number, string> = {
    400: 'the server rejected our request for an unknown reason',
    401: 'the server has asked for the client to provide credentials',
    403: message,
    404: 'the server could not find the requested resource',
    405: 'the server does not allow this method on the requested resource',
    406: message,
    409: 'the server reported a conflict',
    415: message,
    429: 'the server has received too many requests and has asked us to try again later',
    503: 'the server is currently unable to handle the request',
    504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
  };
  if (known[code] !== undefined) return known[code];
  if (code >= 500) {
    return `an error on the server (${JSON.stringify(message)}) has prevented the request from succeeding`;
  }
  return `the server responded with the status code ${code} but did not return more information`;
}
