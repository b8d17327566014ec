import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { enterNamespaces } from './enter-namespaces.ts';
import { makeRoot } from './root.ts';

/** Roots that are really mounted. */
await enterNamespaces();

const state = mkdtempSync(join(tmpdir(), 'quorate-root-'));
after(() => rmSync(state, { recursive: true, force: true }));

function folder(name: string, files: Record<string, string> = {}): string {
  const path = join(state, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

const etc = folder('etc', { 'resolv.conf': '', hosts: '10.0.0.1 me\n', hostname: 'me\n' });
const checkout = folder('checkout', { 'package.json': '{}' });

function run(mounts: { source: string; target: string; readOnly: boolean }[], script: string) {
  const text = makeRoot({
    folder: join(state, 'roots', 'main'),
    etc,
    checkout,
    node: process.execPath,
    mounts,
    workingDir: '/made/for it',
    hostname: 'me',
    command: ['sh', '-c', script],
  });
  const namespaces = ['--mount', '--uts', '--propagation', 'private'];
  return execFileSync('unshare', [...namespaces, 'sh', '-c', text], { encoding: 'utf8' });
}

test('holds programs, the checkout, an /etc of its own and a folder to work in', () => {
  const seen = run(
    [],
    'pwd; hostname; cat /etc/hosts; ls /quorate; ls /opt/quorate/bin; stat -c %a /tmp',
  );
  assert.deepEqual(seen.trim().split('\n'), [
    '/made/for it',
    'me',
    '10.0.0.1 me',
    'package.json',
    'node',
    '1777',
  ]);
});

test('volumes, folders and files, lie where they are wanted, one in another too', () => {
  const outer = folder('a volume#1');
  const inner = folder('inner', { key: 'inner value\n' });
  const file = join(folder('files', { one: 'one file\n' }), 'one');
  const mounts = [
    { source: outer, target: '/data', readOnly: false },
    { source: inner, target: '/data/deep er', readOnly: true },
    { source: file, target: '/data/file', readOnly: true },
  ];
  const write = (path: string) => `touch '${path}' 2>/dev/null && echo wrote ${path};`;
  const seen = run(
    mounts,
    `cat '/data/deep er/key' /data/file; ${write('/data/deep er/new')} ${write('/data/file')} ${write('/data/new')} true`,
  );
  assert.deepEqual(seen.trim().split('\n'), ['inner value', 'one file', 'wrote /data/new']);
  assert.ok(readdirSync(outer).includes('new'));
});

test('nothing of an earlier run is left', () => {
  run([], 'echo old > /run/left');
  assert.equal(run([], 'ls /run'), '');
  assert.equal(readFileSync(join(checkout, 'package.json'), 'utf8'), '{}');
});
