import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { runInside } from './container.ts';
import { timerMostMs } from './deadline.ts';

// oxlint-disable-next-line no-explicit-any -- the API server has checked the probe's shape
type Probe = Record<string, any>;

/** Ports by name, for probes that name theirs. */
export type NamedPorts = ReadonlyMap<string, number>;

/** One look; true is success. Never rejects. */
export function look(
  probe: Probe,
  at: { podIP: string; pid: number; ports: NamedPorts },
): Promise<boolean> {
  const timeoutMs = (probe['timeoutSeconds'] ?? 1) * 1000;
  const port = (value: number | string): number =>
    typeof value === 'number' ? value : (at.ports.get(value) ?? Number(value));
  if (probe['httpGet'] !== undefined) {
    const { scheme = 'HTTP', path = '/', host, port: wanted, httpHeaders = [] } = probe['httpGet'];
    return get({
      scheme,
      host: host || at.podIP,
      port: port(wanted),
      path,
      httpHeaders,
      timeoutMs,
    });
  }
  if (probe['tcpSocket'] !== undefined) {
    return dial(probe['tcpSocket'].host || at.podIP, port(probe['tcpSocket'].port), timeoutMs);
  }
  if (probe['exec'] !== undefined) {
    return runInside(at.pid, probe['exec'].command ?? [], timeoutMs).then((code) => code === 0);
  }
  return Promise.resolve(false);
}

function get(options: {
  scheme: string;
  host: string;
  port: number;
  path: string;
  httpHeaders: { name: string; value: string }[];
  timeoutMs: number;
}): Promise<boolean> {
  const send = options.scheme === 'HTTPS' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const outgoing = send(
      {
        host: options.host,
        port: options.port,
        path: options.path,
        agent: false,
        timeout: options.timeoutMs,
        headers: {
          'user-agent': 'kube-probe/1.36',
          connection: 'close',
          ...Object.fromEntries(options.httpHeaders.map(({ name, value }) => [name, value])),
        },
        ...(options.scheme === 'HTTPS' ? { rejectUnauthorized: false } : {}),
      },
      (response) => {
        response.resume();
        const code = response.statusCode ?? 0;
        resolve(code >= 200 && code < 400);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(false));
    outgoing.on('close', () => resolve(false));
    outgoing.end();
  });
}

function dial(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const settle = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.on('connect', () => settle(true));
    socket.on('timeout', () => settle(false));
    socket.on('error', () => settle(false));
  });
}

/** An eager probe looks again after this share of the time that it has waited already. */
const eagerShare = 1 / 16;
const eagerLeastMs = 50;

/**
 * Repeats a probe and tells when its outcome changes, by its thresholds. An eager one (startup,
 * readiness) does not make a starting pod wait for the rest of its period: until it succeeds for the
 * first time it looks more often, the more so the younger it is. Only failures a period apart count.
 */
export class ProbeLoop {
  readonly #probe: Probe;
  readonly #look: () => Promise<boolean>;
  readonly #onChange: (success: boolean) => void;
  readonly #since = performance.now();
  #hurries: boolean;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #run = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  #last: boolean | undefined;
  #told: boolean | undefined;

  constructor(
    probe: Probe,
    lookOnce: () => Promise<boolean>,
    onChange: (success: boolean) => void,
    eager = false,
  ) {
    this.#probe = probe;
    this.#hurries = eager;
    this.#look = lookOnce;
    this.#onChange = onChange;
    this.#turnAfter((probe['initialDelaySeconds'] ?? 0) * 1000);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #turn(): Promise<void> {
    const began = performance.now();
    const ok = await this.#look();
    if (this.#stopped) return;
    const periodMs = (this.#probe['periodSeconds'] ?? 10) * 1000;
    const due = began >= this.#countedAt + periodMs;
    const settles = ok && (this.#probe['successThreshold'] ?? 1) === 1;
    if (settles || due || !this.#hurries) this.#count(ok, began);
    if (this.#stopped) return;
    const soonMs = Math.max(eagerLeastMs, (performance.now() - this.#since) * eagerShare);
    const waitMs = this.#hurries ? Math.min(periodMs, soonMs) : periodMs;
    this.#turnAfter(waitMs);
  }

  #turnAfter(ms: number): void {
    this.#timer = setTimeout(() => void this.#turn(), Math.min(ms, timerMostMs));
  }

  #count(ok: boolean, at: number): void {
    this.#countedAt = at;
    this.#run = ok === this.#last ? this.#run + 1 : 1;
    this.#last = ok;
    const needed = ok
      ? (this.#probe['successThreshold'] ?? 1)
      : (this.#probe['failureThreshold'] ?? 3);
    if (this.#run < needed || this.#told === ok) return;
    this.#told = ok;
    if (ok) this.#hurries = false;
    this.#onChange(ok);
  }
}
