import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFault } from './fault-words.ts';

test('words become commands, all pods in one namespace', () => {
  assert.deepEqual(parseFault(['kill', 'a'], 'n'), { kind: 'kill', namespace: 'n', pod: 'a' });
  assert.deepEqual(parseFault(['partition', 'a', 'b', 'c'], 'n'), {
    kind: 'partition',
    namespace: 'n',
    pod: 'a',
    from: [
      { namespace: 'n', pod: 'b' },
      { namespace: 'n', pod: 'c' },
    ],
  });
  assert.deepEqual(parseFault(['heal'], 'n'), { kind: 'heal' });
});

test('what is missing, too much or unknown is said', () => {
  const messages = {
    'kill needs the name of a pod': ['kill'],
    'wipe takes no b': ['wipe', 'a', 'b'],
    'partition needs the pods to part it from': ['partition', 'a'],
    'heal takes no a': ['heal', 'a'],
    'melt is no fault; there are kill, partition, heal, wipe and processes': ['melt', 'a'],
  };
  for (const [message, words] of Object.entries(messages)) {
    assert.throws(() => parseFault(words, 'n'), { message });
  }
});
