import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { request as open } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { bundlePrograms } from './programs.ts';

/** Inside the checkout: what the programs do not hold comes from its node_modules. */
const cache = join(import.meta.dirname, '../.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'programs-'));
const file = (name: string) => join(folder, name);

describe('programs', () => {
  before(() => bundlePrograms(folder));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('read their flags', () => {
    for (const name of ['apiserver', 'controllers', 'operator']) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [file(`${name}.js`), '--help'],
        { encoding: 'utf8' },
      );
      assert.equal(status, 0, stderr);
      assert.match(stdout, /--kubeconfig|--etcd-servers/);
    }
    const member = spawnSync(process.execPath, [file('etcd-member.js')], { encoding: 'utf8' });
    assert.equal(member.status, 1);
    assert.match(member.stderr, /usage: start-member.ts --name=NAME/);
  });

  it('hold characters of ASCII alone', () => {
    for (const name of globSync('*.js', { cwd: folder })) {
      assert.doesNotMatch(readFileSync(file(name), 'utf8'), /[^\0-\x7f]/, name);
    }
  });

  it('find nothing in packages when the API server starts', () => {
    const watch = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
      process.on('exit', () => console.log(seen.join('\\n')));`;
    const argv = ['--import', `data:text/javascript,${watch}`, file('apiserver.js'), '--version'];
    const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    assert.match(stdout, /^Kubernetes v/, stderr);
    assert.match(stdout, /apiserver\.js\n.*parts\.js$/m);
    assert.doesNotMatch(stdout, /node_modules/);
  });

  it('are made again only when what they are made of has changed, or they are gone', async () => {
    assert.equal(await bundlePrograms(folder), false);
    rmSync(file('controllers.js'));
    assert.equal(await bundlePrograms(folder), true);
    assert.ok(existsSync(file('controllers.js')));
    const source = join(import.meta.dirname, '../operator/etcd/start-member.ts');
    const { atimeMs, mtimeMs } = statSync(source);
    try {
      utimesSync(source, atimeMs / 1000, mtimeMs / 1000 - 60);
      assert.equal(await bundlePrograms(folder), true);
    } finally {
      utimesSync(source, atimeMs / 1000, mtimeMs / 1000);
    }
  });

  it('keep what those made last may still read, and nothing older', async () => {
    const record = file('.made-of.json');
    const made = JSON.parse(readFileSync(record, 'utf8'));
    for (const name of ['last.js', 'older.js']) writeFileSync(file(name), '');
    const outputs = [...made.outputs, file('last.js')];
    writeFileSync(record, JSON.stringify({ ...made, outputs, node: 'another' }));
    assert.equal(await bundlePrograms(folder), true);
    assert.ok(existsSync(file('last.js')));
    assert.ok(!existsSync(file('older.js')));
    writeFileSync(record, JSON.stringify({ ...made, node: 'another' }));
    assert.equal(await bundlePrograms(folder), true);
    assert.ok(!existsSync(file('last.js')));
  });

  it('are all that the operator, the chart and the local mode start', () => {
    const root = join(import.meta.dirname, '..');
    const sources = ['operator/control-plane/desired', 'charts/quorate/templates', 'hack/local'];
    const started = new Set<string>();
    for (const path of globSync(
      sources.map((source) => `${source}/**/*.{ts,yaml}`),
      { cwd: root },
    )) {
      const text = readFileSync(join(root, path), 'utf8');
      for (const [, name = ''] of text.matchAll(/['"]dist\/([\w-]+)\.js['"]/g)) started.add(name);
    }
    assert.deepEqual([...started].sort(), ['apiserver', 'controllers', 'etcd-member', 'operator']);
    for (const name of started) assert.ok(existsSync(file(`${name}.js`)), name);
  });

  it('an API server of the package finds what it reads at run time', async () => {
    const text = `
      import { registerHooks } from 'node:module';
      const files = [];
      registerHooks({
        load(url, context, next) {
          if (url.startsWith('file:')) files.push(url);
          return next(url, context);
        },
      });
      const { startApiServer } = await import(${JSON.stringify(pathToFileURL(file('quorate.js')).href)});
      const server = await startApiServer();
      console.log(JSON.stringify({ url: server.url, token: server.token, files: files.length }));
      process.stdin.on('end', () => server.stop()).resume();`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    try {
      const [line] = await once(createInterface(child.stdout), 'line');
      const { url, token, files } = JSON.parse(String(line));
      assert.ok(files < 40, `${files} files are loaded`);
      await reads(url, token);
    } finally {
      child.stdin.end();
    }
    assert.deepEqual(await ended, [0, null]);
  });
});

/** Descriptions, schemas and packages that come late. */
async function reads(url: string, token: string): Promise<void> {
  const ask = async (path: string, body?: string): Promise<string> => {
    const { status, text } = await request(`${url}${path}`, token, body);
    assert.ok(status < 300, text);
    return text;
  };
  const pod = JSON.parse(await ask('/openapi/v2')).definitions['io.k8s.api.core.v1.Pod'];
  assert.match(pod.description, /^Pod is a collection of containers/);
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {a: "1"}\n';
  await ask('/api/v1/namespaces/default/configmaps', yaml);
  assert.match(await ask('/api/v1/namespaces/default/configmaps/made'), /"data":\{"a":"1"\}/);
}

async function request(
  url: string,
  token: string,
  body: string | undefined,
): Promise<{ status: number; text: string }> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { 'content-type': 'application/yaml' }),
  };
  const method = body === undefined ? 'GET' : 'POST';
  const outgoing = open(url, { method, headers, rejectUnauthorized: false, agent: false });
  outgoing.end(body);
  const [answer] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return { status: answer.statusCode, text };
}
