import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fastify } from 'fastify';

/**
 * The least that Node.js with Fastify costs for an answer: TLS, HTTP/2 and bytes that are there
 * already. Run as a process: `floor-server.ts KEY CERTIFICATE PORT`; `/cpu` tells its CPU in ms.
 */
const [, , key = '', certificate = '', port = ''] = process.argv;
const app = fastify({
  http2: true,
  https: { key: readFileSync(key), cert: readFileSync(certificate), allowHTTP1: true },
});
const one = Buffer.alloc(1_500, 'x');
const list = Buffer.alloc(10_000_000, 'x');
const frame = Buffer.alloc(1_700, 'x');
const watching = new Set<ServerResponse>();

app.get('/*', (request, reply) => {
  switch (request.url) {
    case '/cpu': {
      const { user, system } = process.cpuUsage();
      return reply.send({ ms: (user + system) / 1_000 });
    }
    case '/frame':
      for (const response of watching) response.write(frame);
      return reply.send({});
    case '/watch': {
      reply.hijack();
      const response = reply.raw as unknown as ServerResponse;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('\n');
      watching.add(response);
      response.on('close', () => watching.delete(response));
      return;
    }
    default:
      return reply
        .header('content-type', 'application/json')
        .send(request.url === '/list' ? list : one);
  }
});
await app.listen({ host: '127.0.0.1', port: Number(port) });
process.stdout.write('ready\n');
