import { WebSocket } from 'ws';
import { kubeletPort, nodeAddress } from '../network/addresses.ts';

/** Test fixture: a session with the first node's kubelet over a WebSocket, to its end; the bytes of each channel. */
export function dialChannels(
  tls: { ca: string; cert: string; key: string },
  path: string,
  protocol: string,
  input: readonly Buffer[] = [],
): Promise<Record<number, string>> {
  const ws = new WebSocket(`wss://${nodeAddress(1)}:${kubeletPort}${path}`, [protocol], tls);
  const channels: Record<number, string> = {};
  ws.on('open', () => {
    for (const message of input) ws.send(message);
  });
  ws.on('message', (message: Buffer) => {
    const number = message[0] ?? -1;
    channels[number] = `${channels[number] ?? ''}${message.subarray(1).toString('latin1')}`;
  });
  return new Promise((resolve, reject) => {
    ws.on('error', reject);
    ws.on('close', () => resolve(channels));
  });
}
