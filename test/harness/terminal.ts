import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { toolPath } from '../../hack/tool.ts';
import { type ApiServer, startApiServer } from '../../quorate.ts';
import { compare, type Outcome, parseTranscript } from './transcript.ts';

export interface TerminalOptions {
  /** Also the controller manager, as a process; its scheduler too. */
  controllers?: boolean;
  /** More of the API server's flags. */
  flags?: Record<string, string>;
}

/** Files by name: text as it is, anything else as JSON. */
export type Files = Readonly<Record<string, unknown>>;

const checkout = join(import.meta.dirname, '../..');
const commandMs = 60_000;

/** An API server in this process and a folder in which the real kubectl and helm are run against it. */
export class Terminal {
  readonly folder = mkdtempSync(join(tmpdir(), 'quorate-terminal-'));
  readonly server: ApiServer;
  #manager: ChildProcess | undefined;
  #spaces = 0;
  readonly #running = new Set<ChildProcess>();

  private constructor(server: ApiServer) {
    this.server = server;
  }

  static async open({ controllers = false, flags = {} }: TerminalOptions = {}): Promise<Terminal> {
    const terminal = new Terminal(await startApiServer({ flags }));
    terminal.write('admin', terminal.server.kubeconfig);
    terminal.write('ca.crt', terminal.server.ca);
    if (controllers) terminal.#manager = terminal.#startManager();
    return terminal;
  }

  /**
   * Plays a transcript in a namespace of its own, `{ns}` in the text. Fails with all that did not
   * go as written.
   */
  async play(text: string, files: Files = {}): Promise<void> {
    const namespace = await this.freshNamespace();
    for (const [name, content] of Object.entries(files)) this.write(name, content);
    const differences: string[] = [];
    for (const step of parseTranscript(text.replaceAll('{ns}', namespace))) {
      const outcome = await this.run(step.words, namespace, step.stdin);
      differences.push(...compare(step, outcome));
    }
    if (differences.length > 0) assert.fail(differences.join('\n'));
  }

  /** A namespace that exists, with its default service account when controllers run. */
  async freshNamespace(): Promise<string> {
    const namespace = `work-${++this.#spaces}`;
    const config = JSON.parse(this.server.kubeconfig);
    config.contexts[0].context.namespace = namespace;
    this.write(`${namespace}.kubeconfig`, config);
    const made = await this.run(['kubectl', 'create', 'namespace', namespace], namespace);
    assert.equal(made.code, 0, made.stderr);
    if (this.#manager !== undefined) {
      const wait = ['wait', '--for=create', 'serviceaccount/default', '--timeout=30s'];
      const { code, stderr } = await this.run(['kubectl', ...wait], namespace);
      assert.equal(code, 0, stderr);
    }
    return namespace;
  }

  /** One command to its end, whatever its end is. `stdin` names a file. */
  run(words: readonly string[], namespace: string, stdin?: string): Promise<Outcome> {
    const [program = '', ...args] = words;
    return new Promise((resolve) => {
      const options = { ...this.#surroundings(namespace), timeout: commandMs, maxBuffer: 2 ** 26 };
      const child = execFile(fileOf(program), args, options, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
      child.stdin?.on('error', () => {});
      child.stdin?.end(stdin === undefined ? '' : readFileSync(join(this.folder, stdin)));
    });
  }

  /** A command that goes on until it is stopped; `lines` resolves with the first `count` it prints. */
  start(words: readonly string[], namespace: string): { lines(count: number): Promise<string[]> } {
    const [program = '', ...args] = words;
    const child = spawn(fileOf(program), args, {
      ...this.#surroundings(namespace),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#running.add(child);
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
    return {
      async lines(count) {
        while (printed.split('\n').length <= count) {
          const signal = AbortSignal.timeout(commandMs);
          await once(child.stdout, 'data', { signal });
        }
        return printed.split('\n').slice(0, count);
      },
    };
  }

  async close(): Promise<void> {
    for (const child of this.#running) await killed(child);
    if (this.#manager !== undefined) await killed(this.#manager);
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Puts a file into the folder. */
  write(name: string, content: unknown): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(path, text, { mode: 0o600 });
  }

  #surroundings(namespace: string): { cwd: string; env: NodeJS.ProcessEnv } {
    const env = {
      PATH: process.env['PATH'],
      HOME: this.folder,
      KUBECONFIG: join(this.folder, `${namespace}.kubeconfig`),
      KUBECACHEDIR: join(this.folder, '.cache'),
      KUBECTL_APPLYSET: 'true',
      KUBE_EDITOR: 'sed -i s/before-edit/after-edit/',
      HELM_NAMESPACE: namespace,
    };
    return { cwd: this.folder, env };
  }

  #startManager(): ChildProcess {
    const flags = [
      `--kubeconfig=${join(this.folder, 'admin')}`,
      `--root-ca-file=${join(this.folder, 'ca.crt')}`,
      '--secure-port=0',
      '--use-service-account-credentials',
      '--leader-elect=false',
    ];
    return spawn(process.execPath, [join(checkout, 'controllers/main.ts'), ...flags], {
      stdio: 'ignore',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
  }
}

function fileOf(program: string): string {
  return program === 'kubectl' || program === 'helm' ? toolPath(program) : program;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
