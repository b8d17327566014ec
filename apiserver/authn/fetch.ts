import { Agent, request } from 'node:https';

const answerBytesMax = 10 * 1024 * 1024;

/** `fetch` for GETs of a server whose certificate is signed by `ca`, PEM; Node's own takes no CA. */
export function fetchTrusting(ca: string): typeof fetch {
  const agent = new Agent({ keepAlive: true, ca, maxSockets: 4 });
  return (input, init) =>
    new Promise((resolve, reject) => {
      const url = input instanceof Request ? input.url : input;
      const headers = Object.fromEntries(new Headers(init?.headers));
      const signal = init?.signal ?? undefined;
      const asked = request(url, { agent, headers, ...(signal && { signal }) }, (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          parts.push(part);
          if (size > answerBytesMax) response.destroy(new Error('the answer is too long'));
        });
        response.on('error', reject);
        response.on('end', () => {
          resolve(new Response(Buffer.concat(parts), { status: response.statusCode ?? 500 }));
        });
      });
      asked.on('error', reject);
      asked.end();
    });
}
