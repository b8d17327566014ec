import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { toolPath } from '../../hack/tool.ts';

/** The real kubectl, and how it carries exec, attach and port-forward: its default, and what it had before. */
const modes = {
  WebSocket: {},
  SPDY: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' },
} as const;
export type Mode = keyof typeof modes;

export class Kubectl {
  readonly #kubeconfig: string;
  readonly mode: Mode;

  /** `kubeconfig`: a path. */
  constructor(kubeconfig: string, mode: Mode) {
    this.#kubeconfig = kubeconfig;
    this.mode = mode;
  }

  start(args: readonly string[]): ChildProcessWithoutNullStreams {
    const env = { ...process.env, KUBECONFIG: this.#kubeconfig, ...modes[this.mode] };
    return spawn(toolPath('kubectl'), args, { env, stdio: 'pipe' });
  }

  async run(args: readonly string[], input = '') {
    const child = this.start(args);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (part) => (stdout += part));
    child.stderr.on('data', (part) => (stderr += part));
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  /** Forwards a port of a pod while `use` runs with the local one; gives what kubectl said on stderr. */
  async forward(pod: string, port: number, use: (local: number) => Promise<void>): Promise<string> {
    const child = this.start(['port-forward', pod, `:${port}`, '-v=8']);
    let said = '';
    child.stderr.on('data', (part) => (said += part));
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      child.stdout.resume();
      const local = /127\.0\.0\.1:(\d+) ->/.exec(line.toString())?.[1];
      if (local === undefined) throw new Error(`kubectl said: ${line.toString()}`);
      await use(Number(local));
    } finally {
      child.kill();
      await once(child, 'exit');
    }
    return said;
  }
}
