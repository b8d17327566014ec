import { spawn } from 'node:child_process';
import { openSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Message, onMessages, sendMessage } from './control.ts';
import { controlSocket, makeFolders, stateFolder } from './state.ts';

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
process.chdir(state.run);
rmSync(controlSocket, { force: true });
writeFileSync(state.pidFile, `${process.pid}\n`);

/** Told again to whoever asks later. */
const history: Message[] = [];
const watchers = new Set<Socket>();
const listeners = new Map<string, Server>();
const waiting = new Map<number, Socket>();
let machine: Socket | undefined;
let nextCommand = 1;

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
      for (const past of history) sendMessage(socket, past);
      return;
    case 'stop':
      sendMessage(socket, { type: 'answer', result: true });
      end('stopped by request');
      return;
    case 'listen':
      listenOutside(message);
      return;
    case 'unlisten':
      listeners.get(`${message['address']}:${message['port']}`)?.close();
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

/** A TCP port outside; every connection goes on to a Unix socket that the machine listens on. */
function listenOutside(message: Message): void {
  const { address, port, path, id } = message as {
    address: string;
    port: number;
    path: string;
    id: number;
  } & Message;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (outer) => {
    const inner = connect({ path, allowHalfOpen: true });
    const over = (): void => {
      outer.destroy();
      inner.destroy();
    };
    outer.on('error', over);
    inner.on('error', over);
    outer.on('close', over);
    inner.on('close', over);
    outer.setNoDelay(true);
    outer.pipe(inner);
    inner.pipe(outer);
    outer.resume();
  });
  server.once('error', (error: NodeJS.ErrnoException) =>
    answerListen(id, { error: error.message, code: error.code ?? '' }),
  );
  server.listen(port, address, () => {
    const bound = server.address();
    const actual = typeof bound === 'object' && bound !== null ? bound.port : port;
    listeners.set(`${address}:${actual}`, server);
    server.on('close', () => listeners.delete(`${address}:${actual}`));
    answerListen(id, { port: actual });
  });
}

function answerListen(id: number, outcome: object): void {
  if (machine !== undefined) sendMessage(machine, { type: 'listened', id, ...outcome });
}

function end(why: string): void {
  tell({ type: 'ended', why });
  inside.kill('SIGKILL');
  rmSync(controlSocket, { force: true });
  rmSync(state.pidFile, { force: true });
  setTimeout(() => process.exit(0), 100);
}

const log = openSync(join(state.logs, 'machine.log'), 'a');
const asRoot = process.getuid?.() === 0;
const inside = spawn(
  'setpriv',
  [
    '--pdeathsig',
    'KILL',
    'unshare',
    ...(asRoot ? [] : ['--user', '--map-root-user']),
    '--net',
    '--mount',
    '--pid',
    '--ipc',
    '--uts',
    '--fork',
    '--kill-child',
    '--mount-proc',
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'machine.ts'),
    '--state',
    state.root,
    '--nodes',
    values.nodes,
  ],
  { cwd: state.run, stdio: ['ignore', log, log] },
);
inside.on('error', (error) => {
  tell({ type: 'failed', step: 'namespaces', error: error.message });
  end('the namespaces could not be made');
});
inside.on('exit', (code, signal) => {
  tell({
    type: 'failed',
    step: 'machine',
    error: `the machine inside ended (${signal ?? code}); see ${join(state.logs, 'machine.log')}`,
  });
  end('the machine inside ended');
});
process.on('SIGTERM', () => end('SIGTERM'));
process.on('SIGINT', () => end('SIGINT'));
