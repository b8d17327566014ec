import { createHash } from 'node:crypto';
import { Agent } from 'node:https';

/** Who a server has to be, and who we are to it. PEM. */
export interface Trust {
  servername: string;
  rejectUnauthorized: boolean;
  ca?: string;
  cert?: Buffer;
  key?: Buffer;
}

/** Connections to aggregated servers that are used again; one set for each APIService. */
export interface Agents {
  /** Connections of an earlier trust or certificate are not used any more. */
  of(name: string, host: string, tls: Trust): Agent;
  close(): void;
}

const idlePerServer = 16;
const apiServicesMax = 256;

export function makeAgents(): Agents {
  const known = new Map<string, { trust: string; agent: Agent }>();
  return {
    of(name, host, tls) {
      const trust = digestOf(host, tls);
      const before = known.get(name);
      if (before?.trust === trust) return before.agent;
      if (before !== undefined) endIdle(before.agent);
      const [oldest] = known.keys();
      if (oldest !== undefined && known.size >= apiServicesMax) {
        endIdle(known.get(oldest)?.agent);
        known.delete(oldest);
      }
      const agent = new Agent({ ...tls, keepAlive: true, maxFreeSockets: idlePerServer });
      known.set(name, { trust, agent });
      return agent;
    },
    close() {
      for (const { agent } of known.values()) agent.destroy();
      known.clear();
    },
  };
}

/** Requests that still run on it are left alone. */
function endIdle(agent: Agent | undefined): void {
  for (const sockets of Object.values(agent?.freeSockets ?? {})) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

function digestOf(host: string, tls: Trust): string {
  const { servername, rejectUnauthorized, ca = '', cert = '', key = '' } = tls;
  const hash = createHash('sha256');
  for (const part of [host, servername, String(rejectUnauthorized), ca, cert, key]) {
    hash.update(part).update('\0');
  }
  return hash.digest('base64');
}
