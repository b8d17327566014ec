import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Terminal } from '../harness/terminal.ts';

/** kubectl get --watch. */
let terminal: Terminal;
before(async () => {
  terminal = await Terminal.open();
});
after(() => terminal.close());

test('get --watch prints each change as a row or an event', async () => {
  const namespace = await terminal.freshNamespace();
  const kubectl = async (line: string) => {
    const { code, stderr } = await terminal.run(['kubectl', ...line.split(' ')], namespace);
    assert.equal(code, 0, stderr);
  };
  await kubectl('create configmap a --from-literal=k=1');
  const words = (line: string) => line.trim().split(/ +/).slice(0, -1);
  const rows = terminal.start(['kubectl', 'get', 'configmaps', '--watch'], namespace);
  assert.deepEqual((await rows.lines(2)).map(words), [
    ['NAME', 'DATA'],
    ['a', '1'],
  ]);
  await kubectl('create configmap b');
  await kubectl('label configmap a team=x');
  await kubectl('delete configmap a');
  const told = (await rows.lines(5)).slice(2).map(words);
  assert.deepEqual(told, [
    ['b', '0'],
    ['a', '1'],
    ['a', '1'],
  ]);
  const columns = 'custom-columns=TYPE:.type,NAME:.object.metadata.name';
  const flags = ['--watch', '--no-headers', '--output-watch-events', '-o', columns];
  const events = terminal.start(['kubectl', 'get', 'configmaps', ...flags], namespace);
  await events.lines(1);
  await kubectl('delete configmap b');
  assert.deepEqual(await events.lines(2), ['ADDED   b', 'DELETED   b']);
});
