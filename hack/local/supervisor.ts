import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Message, onMessages, sendMessage } from './control.ts';
import { boundLogs, openLog } from './log-files.ts';
import { OutsidePorts } from './outside-ports.ts';
import { controlSocket, emptyRun, makeFolders, stateFolder } from './state.ts';

/**
 * The part of a local instance that stays outside, in the machine's own network: it holds the
 * loopback ports, and it is the parent of everything inside. When it dies, however it dies, the
 * kernel ends the namespace and all that is in it.
 */
const { values } = parseArgs({
  options: { state: { type: 'string' }, nodes: { type: 'string', default: '3' } },
});
const state = stateFolder(values.state);
makeFolders(state);
emptyRun(state);
process.chdir(state.run);
writeFileSync(state.pidFile, `${process.pid}\n`);
boundLogs(state);

/** Told again to whoever asks later: the steps of one start, a dozen or two. */
const history: Message[] = [];
const watchers = new Set<Socket>();
const ports = new OutsidePorts();
const waiting = new Map<number, Socket>();
/** Owners that let go of the instance in good order. */
const kept = new WeakSet<Socket>();
let machine: Socket | undefined;
let nextCommand = 1;
let ending = false;

function tell(message: Message): void {
  history.push(message);
  for (const watcher of watchers) sendMessage(watcher, message);
}

const control = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('close', () => watchers.delete(socket));
  onMessages(socket, (message) => fromClient(socket, message));
});
control.listen(controlSocket);

function fromClient(socket: Socket, message: Message): void {
  switch (message.type) {
    case 'machine':
      machine = socket;
      return;
    case 'watch':
      watchers.add(socket);
      if (message['owner'] === true) socket.on('close', () => ownerLeft(socket));
      for (const past of history) sendMessage(socket, past);
      return;
    case 'keep':
      kept.add(socket);
      return;
    case 'listen':
      listenOutside(message);
      return;
    case 'unlisten':
      ports.close(String(message['address']), Number(message['port']));
      return;
    case 'answer':
      answerCommand(message);
      return;
    case 'command':
      forwardCommand(socket, message);
      return;
    default:
      tell(message);
  }
}

/** hack/up was killed before it was done: what it had started must not stay. */
function ownerLeft(socket: Socket): void {
  if (!kept.has(socket)) end();
}

function forwardCommand(socket: Socket, message: Message): void {
  if (machine === undefined) {
    sendMessage(socket, { type: 'answer', error: 'the machine inside is not up yet' });
    return;
  }
  const id = nextCommand++;
  waiting.set(id, socket);
  sendMessage(machine, { ...message, id });
}

function answerCommand(message: Message): void {
  const id = Number(message['id']);
  const socket = waiting.get(id);
  waiting.delete(id);
  if (socket !== undefined) sendMessage(socket, message);
}

function listenOutside(message: Message): void {
  const { id, address, port, path } = message;
  const answer = (outcome: object): void => {
    if (machine !== undefined) sendMessage(machine, { type: 'listened', id, ...outcome });
  };
  ports.open(String(address), Number(port), String(path)).then(
    (actual) => answer({ port: actual }),
    (error: NodeJS.ErrnoException) => answer({ error: error.message, code: error.code ?? '' }),
  );
}

/** As a kubelet whose node shuts down: pods may end by themselves, for a bounded time. */
const shutdownGraceMs = 1_000;
/** For saying so, and for the ends themselves. */
const shutdownSlackMs = 500;

let stopping = false;

/** Asked a second time it waits no longer. */
function endPods(): void {
  if (stopping || machine === undefined) return end();
  stopping = true;
  machine.on('close', end);
  sendMessage(machine, { type: 'stop', graceMs: shutdownGraceMs });
  setTimeout(end, shutdownGraceMs + shutdownSlackMs);
}

/** The first process inside dies, and the kernel kills all others before its parent learns of it. */
function end(): void {
  if (ending) return;
  ending = true;
  const { pid } = inside;
  if (pid === undefined || inside.exitCode !== null || inside.signalCode !== null) {
    leave();
    return;
  }
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    for (const child of children) process.kill(Number(child), 'SIGKILL');
    if (children[0] === '') inside.kill('SIGKILL');
  } catch {
    inside.kill('SIGKILL');
  }
}

function leave(): void {
  emptyRun(state);
  process.exit(0);
}

/** New namespaces around `machine.ts`; they die with this process. */
function startMachine(): ChildProcess {
  const output = openLog(state, 'machine');
  const asRoot = process.getuid?.() === 0;
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'unshare'],
      ...(asRoot ? [] : ['--user', '--map-root-user']),
      ...['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'],
      // First process in there: a shell, which also takes in whatever loses its parent.
      ...['sh', '-c', '"$@" & wait "$!"', 'init'],
      ...[process.execPath, '--disable-warning=ExperimentalWarning'],
      ...[join(import.meta.dirname, 'machine.ts'), '--state', state.root, '--nodes', values.nodes],
    ],
    { cwd: state.run, stdio: ['ignore', output, output] },
  );
  closeSync(output);
  return child;
}

const inside = startMachine();
inside.on('error', (error) => {
  tell({ type: 'failed', step: 'namespaces', error: error.message });
  setTimeout(leave, 100);
});
inside.on('exit', (code, signal) => {
  if (ending || stopping) return leave();
  const log = join(state.logs, 'machine.log');
  const error = `the machine inside ended (${signal ?? code}); see ${log}`;
  tell({ type: 'failed', step: 'machine', error });
  setTimeout(leave, 100);
});
process.on('SIGTERM', endPods);
process.on('SIGINT', end);
