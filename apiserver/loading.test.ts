import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

/** What a start loads, in a process of its own: built-in modules, files by their URL, what else is read. */
function loadedAtStart(): { builtIn: string[]; files: string[]; read: string[] } {
  const program = `
    import fs from 'node:fs';
    import { registerHooks, syncBuiltinESMExports } from 'node:module';
    const files = [];
    const read = [];
    const { readFileSync } = fs;
    fs.readFileSync = (path, ...rest) => {
      read.push(String(path));
      return readFileSync(path, ...rest);
    };
    syncBuiltinESMExports();
    registerHooks({
      load(url, context, next) {
        files.push(url);
        return next(url, context);
      },
    });
    await import(${JSON.stringify(new URL('./run.ts', import.meta.url).href)});
    console.log(JSON.stringify({ builtIn: process.moduleLoadList, files, read }));`;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' }));
}

describe('loading', () => {
  const { builtIn, files, read } = loadedAtStart();

  it('leaves the packages that a plain server does not use', () => {
    const loaded = (part: string): boolean => files.some((file) => file.includes(part));
    assert.ok(loaded('/node_modules/@kubernetes/client-node/'), 'the hook sees packages');
    const late = ['yaml', 'jose', 're2js', 'ws', '@noble/ciphers'];
    for (const name of late) assert.ok(!loaded(`/node_modules/${name}/`), name);
    // its config types, for the kubeconfigs of webhooks, are one small file
    assert.ok(!loaded('/client-node/dist/index.js'), 'client-node');
  });

  it('leaves undici, which an import of node:http brings, and node:http2', () => {
    assert.ok(builtIn.some((name) => name.endsWith(' http')));
    assert.deepEqual(
      builtIn.filter((name) => name.includes('undici') || name.includes('http2')),
      [],
    );
  });

  it('leaves the descriptions of the built-in types', () => {
    assert.ok(read.length > 0, 'the hook sees files');
    assert.deepEqual(
      read.filter((path) => path.includes('descriptions.json')),
      [],
    );
  });
});
