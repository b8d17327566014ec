import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandLine, imageConfig, imageName, unknownImage } from './image.ts';

test('the name of an image is the last part of its repository', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const cases = {
    etcd: 'etcd',
    'etcd:3.6': 'etcd',
    'registry.k8s.io/etcd:3.6.1-0': 'etcd',
    'localhost:5000/team/quorate': 'quorate',
    [`localhost:5000/team/quorate:1@${digest}`]: 'quorate',
    [`quorate@${digest}`]: 'quorate',
  };
  for (const [image, name] of Object.entries(cases)) assert.equal(imageName(image), name);
});

test('what nothing here can stand in for is refused with a list of what can', () => {
  for (const image of ['nginx', 'constructor', 'toString:1']) {
    assert.equal(imageConfig(image), undefined);
  }
  assert.match(unknownImage('nginx:1'), /cannot pull nginx:1; it stands in for: quorate, etcd/);
});

test('command replaces the entrypoint, args replace the command', () => {
  const config = { workingDir: '/', entrypoint: ['entry'], command: ['default'] };
  assert.deepEqual(commandLine(config, [], []), ['entry', 'default']);
  assert.deepEqual(commandLine(config, [], ['a']), ['entry', 'a']);
  assert.deepEqual(commandLine(config, ['c'], []), ['c']);
  assert.deepEqual(commandLine(config, ['c'], ['a']), ['c', 'a']);
});
