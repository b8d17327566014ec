import { request } from 'node:https';
import { startApiServer } from '../quorate.ts';

/**
 * A Kubernetes API server inside this process, with nothing to install: writes a ConfigMap and reads
 * it back. Run it with `hack/node examples/embedded.ts`.
 */

const server = await startApiServer();

/** One JSON request as the server's administrator. */
function ask(method: string, path: string, body?: object): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${server.token}`,
      'content-type': 'application/json',
    };
    const sent = request(`${server.url}${path}`, { method, headers, ca: server.ca }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ code: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

try {
  const path = '/api/v1/namespaces/default/configmaps';
  const metadata = { name: 'greeting' };
  const made = await ask('POST', path, { metadata, data: { text: 'hello' } });
  console.log(`create: ${made.code}`);
  const read = await ask('GET', `${path}/greeting`);
  console.log(`get: ${read.code} ${read.text}`);
} finally {
  await server.stop();
}
