import { request } from 'node:https';
import { SpdyConnection } from '../../../spdy/connection.ts';
import { kubeletPort, nodeAddress } from '../network/addresses.ts';

/** Test fixture: a connection to the first node's kubelet that speaks SPDY from now on. */
export function dialSpdy(tls: object, path: string, protocol: string): Promise<SpdyConnection> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'SPDY/3.1',
    'x-stream-protocol-version': protocol,
  };
  const target = { host: nodeAddress(1), port: kubeletPort, path, method: 'POST', agent: false };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...target, ...tls, headers }, (response) =>
      reject(new Error(`answered ${response.statusCode}`)),
    );
    outgoing.on('error', reject);
    outgoing.on('upgrade', (_response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(new SpdyConnection(socket, { side: 'client' }));
    });
    outgoing.end();
  });
}
