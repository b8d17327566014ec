import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { partOf, programOf } from './parts.ts';

/** A program of three parts, in the forms that esbuild writes. */
const folder = mkdtempSync(join(tmpdir(), 'quorate-parts-'));
const file = (name: string) => join(folder, name);

before(async () => {
  const loader = readFileSync(join(import.meta.dirname, '../code-cache/parts.ts'), 'utf8');
  const soon = loader.replace('settledMs = 10_000', 'settledMs = 10');
  assert.notEqual(soon, loader);
  writeFileSync(file('parts.ts'), soon);
  const part = async (name: string, text: string) =>
    writeFileSync(file(name), await partOf(text, name));
  await part(
    'first.js',
    `import{a as b,c}from"./second.js";import d from"./second.js";import"./second.js";
var late=()=>import("./late.js");var loop=async()=>[b,c,d,(await late()).e,import.meta.url];export{loop as run};`,
  );
  await part('second.js', 'console.log("once");var a=1,c=2,f=3;export{a,c,f as default};\n');
  await part('late.js', 'var e=this===undefined;export{e};');
  const program = `#!/usr/bin/env node
import{run}from"./first.js";import{keepCode}from"./parts.js";console.log(JSON.stringify(await run()));keepCode();
await new Promise(resolve=>setTimeout(resolve,200));`;
  const text = await programOf(program, 'program.js');
  assert.match(text, /^#!.*\nimport\{/);
  writeFileSync(file('program.mjs'), text.replaceAll('./parts.js', './parts.ts'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function run() {
  const { stdout, stderr } = spawnSync(process.execPath, [file('program.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, NODE_COMPILE_CACHE: file('cache') },
  });
  return { lines: stdout.trim().split('\n'), stderr };
}

const parts = ['first.js', 'second.js', 'late.js'];
const output = ['once', JSON.stringify([1, 2, 3, true, pathToFileURL(file('first.js')).href])];

test('parts see what they import, once each', () => {
  const { lines, stderr } = run();
  assert.deepEqual(lines, output, stderr);
});

test('kept code is taken only when it is whole and of this text', () => {
  run();
  const [version = ''] = readdirSync(file('cache'));
  const code = (name: string) => join(file('cache'), version, `${name}.code`);
  const changed = () => parts.map((name) => statSync(code(name)).mtimeMs);
  const written = changed();
  run();
  assert.deepEqual(changed(), written, 'what was taken is not written again');
  const whole = readFileSync(code('second.js'));
  const flipped = Buffer.from(whole);
  flipped.writeUInt8(flipped.readUInt8(whole.length / 2) ^ 1, whole.length / 2);
  const zeros = Buffer.alloc(whole.length);
  const other = readFileSync(code('first.js'));
  const half = whole.subarray(0, whole.length / 2);
  for (const damaged of [flipped, zeros, other, half, Buffer.alloc(0), Buffer.from('rubbish')]) {
    writeFileSync(code('second.js'), damaged);
    const { lines, stderr } = run();
    assert.deepEqual(lines, output, stderr);
    assert.notEqual(readFileSync(code('second.js')).compare(damaged), 0, 'it was kept anew');
  }
});

test('what a part cannot be is refused', async () => {
  const refused = (text: string, reason: RegExp) => assert.rejects(partOf(text, 'x.js'), reason);
  await refused('import y from"yaml";', /x\.js: yaml is imported when the program starts/);
  await refused('var y=import("yaml");', /x\.js: import\(\) of what is not bundled: yaml/);
  await refused('var y=z=>import(z);', /x\.js: import\(\) of what is not bundled: an expression/);
  await refused('import*as y from"./z.js";', /x\.js: not a form of import that is known/);
  await assert.rejects(partOf('var y=await 1;export{y};', 'x.js'), SyntaxError);
});
