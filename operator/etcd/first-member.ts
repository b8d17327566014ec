import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * At its first start a founding member asks the others, one after another in the order of their
 * URLs, whether the cluster is there already, and waits a second for each (etcd's bootstrap.go and
 * config.go: BootstrapTimeout, which no flag sets). Members that start at the same moment listen by
 * then and do not answer yet: all of them would wait. So the first goes ahead, and the others start
 * when it answers; for no longer than they would wait otherwise.
 */
const bootstrapMs = 1_000;
const againMs = 25;

export interface FoundingMember {
  name: string;
  /** `name=peerURL,...` */
  initialCluster: string;
  /** etcd's own: the files of the peers' certificates are in it. */
  command: readonly string[];
}

export async function untilFirstAnswers(
  member: FoundingMember,
  mostMs = bootstrapMs,
): Promise<void> {
  const entries = member.initialCluster.split(',').map((entry) => entry.split('='));
  entries.sort(([, a = ''], [, b = '']) => (a < b ? -1 : 1));
  const [name, url = ''] = entries[0] ?? [];
  if (name === member.name) return;
  const deadline = performance.now() + mostMs;
  for (;;) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0 || (await answers(new URL(url), member.command, leftMs))) return;
    await pause(Math.min(againMs, leftMs));
  }
}

/** False when nobody listens. Whoever completes TLS, or refuses it, answers. */
async function answers(
  { hostname: host, port, protocol }: URL,
  command: readonly string[],
  timeoutMs: number,
): Promise<boolean> {
  const to = { host, port: Number(port) };
  const { connect } = await import('node:tls');
  const file = (flag: string): string | undefined => {
    const prefix = `--${flag}=`;
    const path = command.find((word) => word.startsWith(prefix))?.slice(prefix.length);
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  };
  const secure = protocol === 'https:';
  const socket = secure
    ? connect({
        ...to,
        servername: host,
        ca: file('peer-trusted-ca-file'),
        cert: file('peer-cert-file'),
        key: file('peer-key-file'),
      })
    : connectTcp(to);
  return new Promise((resolve) => {
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle(false), timeoutMs);
    let connected = false;
    socket.on('connect', () => {
      connected = true;
      if (!secure) settle(true);
    });
    socket.on('secureConnect', () => settle(true));
    socket.on('error', () => settle(connected));
  });
}
