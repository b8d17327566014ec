import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';

/**
 * Node.js with nothing on it: `bare-server.ts sockets|http KEY CERTIFICATE PORT` answers every request
 * over TLS with a body that never ends, by hand (`sockets`) or with Node's HTTP/1.1 server.
 */
const [, , kind = '', keyFile = '', certFile = '', port = ''] = process.argv;
const identity = { key: readFileSync(keyFile), cert: readFileSync(certFile), requestCert: true };
const options = { ...identity, rejectUnauthorized: false };
const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

const server =
  kind === 'sockets'
    ? createTlsServer(options, (socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.write(head));
      })
    : createServer(options, (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.flushHeaders();
      });
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
