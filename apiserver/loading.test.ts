import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

/** What a start loads, in a process of its own: built-in modules, and the packages files come from. */
function loadedAtStart(): { builtIn: string[]; packages: string[] } {
  const program = `
    import { registerHooks } from 'node:module';
    const packages = new Set();
    registerHooks({
      load(url, context, next) {
        const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1];
        if (name !== undefined) packages.add(name);
        return next(url, context);
      },
    });
    await import(${JSON.stringify(new URL('./run.ts', import.meta.url).href)});
    console.log(JSON.stringify({ builtIn: process.moduleLoadList, packages: [...packages] }));`;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' }));
}

describe('loading', () => {
  const { builtIn, packages } = loadedAtStart();

  it('leaves the packages that a plain server does not use', () => {
    assert.ok(packages.includes('pino'), 'the hook sees packages');
    const late = ['yaml', 'jose', 're2js', '@marcbachmann/cel-js', '@kubernetes/client-node'];
    for (const name of late) assert.ok(!packages.includes(name), name);
  });

  it('leaves undici, which an import of node:http brings', () => {
    assert.ok(builtIn.some((name) => name.endsWith(' http2')));
    assert.deepEqual(
      builtIn.filter((name) => name.includes('undici')),
      [],
    );
  });
});
