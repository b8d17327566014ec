import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { controlSocket, type StateFolder } from './state.ts';

/**
 * Lines of JSON over a Unix socket: how hack/up, the supervisor, the machine inside and the failure
 * tests talk. Supervisor and machine have `run/` as working directory, because socket paths must be
 * short (unix(7): 108 bytes).
 */
export type Message = { type: string; [field: string]: unknown };

/** A line longer than this is nobody's message. */
const lineBytesMax = 1024 * 1024;

export function onMessages(socket: Socket, handle: (message: Message) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineBytesMax) socket.destroy();
    for (const line of lines) if (line !== '') handle(JSON.parse(line) as Message);
  });
}

export function sendMessage(socket: Socket, message: Message): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}

/** Rejects when nobody listens. */
export function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** The supervisor of a local instance, from anywhere. Rejects when it does not run. */
export async function dialInstance(state: StateFolder): Promise<Socket> {
  const folder = openSync(state.run, 'r');
  try {
    return await dial(`/proc/self/fd/${folder}/${controlSocket}`);
  } finally {
    closeSync(folder);
  }
}

/** One question, one answer. Rejects with the answer's own error. */
export async function ask(state: StateFolder, message: Message): Promise<unknown> {
  const socket = await dialInstance(state);
  try {
    return await new Promise((resolve, reject) => {
      onMessages(socket, (answer) => {
        if (answer['error'] === undefined) resolve(answer['result']);
        else reject(new Error(answer['error'] as string));
      });
      socket.once('close', () => reject(new Error('the local instance ended before it answered')));
      sendMessage(socket, message);
    });
  } finally {
    socket.destroy();
  }
}
