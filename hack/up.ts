import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { KubeObject } from '../object/object.ts';
import { type ConnectedCluster, connectCluster } from '../reconciler/cluster-client.ts';
import * as api from './local/apply.ts';
import { dialInstance, type Message, onMessages, sendMessage } from './local/control.ts';
import { openLog } from './local/log-files.ts';
import { maxNodes } from './local/network/addresses.ts';
import { needNamespaces, needPrograms } from './local/prerequisites.ts';
import {
  isSupervisor,
  makeFolders,
  runningSupervisor,
  type StateFolder,
  stateFolder,
} from './local/state.ts';
import { aligned, cpuSecondsBelow, Timeline } from './local/timeline.ts';
import { bundlePrograms } from './programs.ts';

/** From nothing to a highly available control plane on this machine. */
const usage = `hack/up: a management control plane, a local node and a ControlPlane, on this machine

  --state DIR    where everything is kept (default .quorate in the checkout)
  --file FILE    the ControlPlane to apply (default examples/control-plane.yaml)
  --name NAME    its name (default: as FILE says)
  --nodes N      how many Node objects stand for this machine (default 3)
  --timeout S    seconds to wait until it is Ready (default 120)

Where an instance runs already the ControlPlane is applied to it, and waited for.
`;
const example = join(import.meta.dirname, '../examples/control-plane.yaml');
const defaultNodes = 3;
const supervisorStartMs = 10_000;
const began = performance.now();

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function done(name: string, ms: number): void {
  say(`  ✓ ${name.padEnd(28)} ${(ms / 1000).toFixed(1).padStart(5)} s`);
}

async function timed<T>(name: string, work: Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work;
  done(name, performance.now() - start);
  return result;
}

interface Options {
  state: StateFolder;
  wanted: KubeObject;
  /** Undefined when not said. */
  nodes: number | undefined;
  timeoutMs: number;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      state: { type: 'string' },
      nodes: { type: 'string' },
      name: { type: 'string' },
      file: { type: 'string', default: example },
      timeout: { type: 'string', default: '120' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const nodes = values.nodes === undefined ? undefined : Number(values.nodes);
  if (nodes !== undefined && (!Number.isInteger(nodes) || nodes < 1 || nodes > maxNodes)) {
    throw new Error(`--nodes must be a whole number from 1 to ${maxNodes}`);
  }
  const timeoutMs = Number(values.timeout) * 1000;
  if (!(timeoutMs > 0)) throw new Error('--timeout must be a number of seconds');
  const state = stateFolder(values.state);
  if (/^\/(var\/)?run\//.test(state.root)) {
    throw new Error(
      `--state ${state.root}: what runs inside has a /run of its own; choose another`,
    );
  }
  const wanted = api.readObjects(resolve(values.file)).find((o) => o.kind === 'ControlPlane');
  if (wanted === undefined) throw new Error(`${values.file} holds no ControlPlane`);
  wanted.metadata.namespace ??= 'default';
  if (values.name !== undefined) wanted.metadata.name = values.name;
  return { state, wanted, nodes, timeoutMs };
}

/** In a session of its own, so that the terminal's end is not its end. */
function startSupervisor(state: StateFolder, nodes: number): number {
  makeFolders(state);
  const log = openLog(state, 'supervisor');
  const script = join(import.meta.dirname, 'local/supervisor.ts');
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      ...[script, '--state', state.root, '--nodes', String(nodes)],
    ],
    { detached: true, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error('the supervisor could not be started');
  return child.pid;
}

/**
 * Resolves when the machine inside says that it is ready; prints its steps. Until {@link keep} is
 * called on what it gives, the instance ends with this process, however that ends.
 */
async function followMachine(state: StateFolder, pid: number): Promise<Socket> {
  const deadline = Date.now() + supervisorStartMs;
  for (;;) {
    const socket = await dialInstance(state).catch(() => undefined);
    if (socket === undefined) {
      if (Date.now() > deadline || !isSupervisor(pid, state)) {
        throw new Error('the supervisor did not start; see supervisor.log');
      }
      await pause(20);
      continue;
    }
    await new Promise<void>((ready, failed) => {
      socket.on('close', () => failed(new Error('the local instance ended')));
      onMessages(socket, (message: Message) => {
        const { type, name, ms, step, error } = message;
        if (type === 'step') done(String(name), Number(ms));
        if (type === 'failed') failed(new Error(`${String(step)}: ${error as string}`));
        if (type === 'ready') ready();
      });
      sendMessage(socket, { type: 'watch', owner: true });
    });
    return socket;
  }
}

/** The instance stays when this process has ended. */
async function keep(instance: Socket): Promise<void> {
  sendMessage(instance, { type: 'keep' });
  if (!instance.destroyed) await once(instance.end(), 'close');
}

/** A ControlPlane that is Ready. */
interface Served {
  name: string;
  /** Its kubeconfig. */
  file: string;
  endpoint: string;
}

/** Applies the ControlPlane, follows it until it serves, writes its kubeconfig, prints what next. */
async function bringUp(
  cluster: ConnectedCluster,
  { state, wanted, timeoutMs }: Options,
): Promise<Served> {
  await timed('ControlPlane definition', api.applyDefinition(cluster));
  const supervisor = runningSupervisor(state) ?? process.pid;
  const cpuBefore = cpuSecondsBelow(supervisor);
  const applied = performance.now();
  const timeline = new Timeline(applied);
  const deadline = Date.now() + timeoutMs;
  await api.applyControlPlane(cluster, wanted);
  const controlPlane = await api.untilReady(cluster, wanted, deadline, {
    reached: (type) => done(type, performance.now() - applied),
    said: (message) => say(`    ${message}`),
    pod: (change) => timeline.saw(change),
  });
  const took = performance.now() - applied;
  done('ControlPlane Ready', took);
  const cpu = cpuSecondsBelow(supervisor) - cpuBefore;
  say(`    of ${(took / 1000).toFixed(2)} s, first pod to last, with ${cpu.toFixed(1)} s of CPU:`);
  for (const line of aligned(timeline.rows())) say(`    ${line}`);
  const { name = '' } = controlPlane.metadata;
  const file = join(state.root, `${name}.kubeconfig`);
  await timed('API answers', api.writeKubeconfig(cluster, controlPlane, file, deadline));
  return { name, file, endpoint: String(controlPlane['status']?.endpoint ?? '') };
}

function sayNext({ state }: Options, { name, file, endpoint }: Served): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const isDefault = state.root === stateFolder().root;
  const short = (path: string) => {
    const near = relative('', path);
    return near.startsWith('..') ? path : near || '.';
  };
  const tenant = isDefault ? '' : ` --kubeconfig ${short(file)}`;
  say(`
Ready in ${seconds} s: ${name} at ${endpoint}

  hack/kubectl${tenant} get namespaces
      the new control plane (kubeconfig: ${file})
  hack/kubectl --kubeconfig ${short(state.managementKubeconfig)} get controlplanes,pods
      what it is made of
  hack/down${isDefault ? '' : ` --state ${short(state.root)}`}
      ends everything; --purge removes its data too
`);
}

async function explain(cluster: ConnectedCluster, { state, wanted }: Options): Promise<void> {
  const lines = await api.unreadyPods(cluster, wanted.metadata.namespace ?? '').catch(() => []);
  for (const line of lines) say(`    ${line}`);
  say(
    `  It goes on trying. Look: hack/kubectl --kubeconfig ${state.managementKubeconfig} describe controlplane,pods\n  Wait for it again: hack/up`,
  );
}

/** Everything that it started ends with a signal. */
async function start({ state, nodes = defaultNodes }: Options): Promise<Socket> {
  needPrograms((text) => say(`  ${text}`));
  needNamespaces();
  await timed('programs', bundlePrograms());
  const pid = startSupervisor(state, nodes);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      process.kill(pid, 'SIGKILL');
      process.stderr.write('\nhack/up: interrupted; everything it had started is ended\n');
      process.exit(130);
    });
  }
  return followMachine(state, pid);
}

async function follow(options: Options): Promise<Served> {
  const { managementKubeconfig } = options.state;
  const cluster = connectCluster({ kubeconfig: managementKubeconfig, userAgent: 'hack-up' });
  return bringUp(cluster, options).catch(async (error: Error) => {
    await explain(cluster, options);
    throw error;
  });
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return say(usage);
  const { state, nodes } = options;
  const running = runningSupervisor(state) !== undefined;
  if (running && nodes !== undefined) {
    throw new Error(`--nodes: what runs in ${state.root} has its nodes; hack/down ends it`);
  }
  say(running ? `Going on with what runs in ${state.root}` : 'Starting a local Quorate');
  try {
    if (running) return sayNext(options, await follow(options));
    const instance = await start(options);
    const served = await follow(options).finally(() => keep(instance));
    sayNext(options, served);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n  logs: ${state.logs}`);
  }
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`hack/up: ${error.message}\n`);
    process.exit(1);
  },
);
