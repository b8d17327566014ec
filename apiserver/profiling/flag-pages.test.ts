import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { ApiClient } from '../verbs/api-client.ts';

let api: ApiClient;
before(async () => {
  api = await ApiClient.start();
});
after(() => api.stop());

const put = (body: string) => api.ask('PUT', '/debug/flags/v', { body, headers: {} });

test('/debug/flags tells of the flag that can be set, and takes nothing else', async () => {
  for (const path of ['/debug/flags', '/debug/flags/', '/debug/flags/vmodule']) {
    const { code, headers, text } = await api.get(path);
    assert.deepEqual([code, headers['content-type']], [200, 'text/html; charset=utf-8']);
    assert.match(text, /flags:<br>\n<table>\n\n<tr>v<br>\n\n<\/table>/);
  }
  for (const [value, code, text] of [
    ['4', 200, 'successfully set klog.logging.verbosity to 4\n'],
    ['+0', 200, 'successfully set klog.logging.verbosity to +0\n'],
    ['-1', 200, 'successfully set klog.logging.verbosity to -1\n'],
    [
      'four',
      400,
      'failed set klog.logging.verbosity four: strconv.ParseInt: parsing "four": invalid syntax\n',
    ],
    ['', 400, 'failed set klog.logging.verbosity : strconv.ParseInt: parsing "": invalid syntax\n'],
    [
      '2147483648',
      400,
      'failed set klog.logging.verbosity 2147483648: strconv.ParseInt: parsing "2147483648": value out of range\n',
    ],
  ] as const) {
    const answer = await put(value);
    assert.deepEqual([answer.code, answer.text], [code, text]);
    assert.equal(answer.headers['content-type'], 'text/plain');
  }
  const read = await api.get('/debug/flags/v');
  assert.deepEqual([read.code, read.text], [406, 'unsupported http method\n']);
});

test('what is set is heard at once', () => {
  const module = new URL('../../log/log.ts', import.meta.url).href;
  const text = `
    import { createLogger } from ${JSON.stringify(module)};
    const log = createLogger('p', 0);
    for (const verbosity of [2, 1]) {
      log.verbosity = verbosity;
      log.debug({ verbosity }, 'said');
    }`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', text], {
    encoding: 'utf8',
  });
  assert.match(stderr, /"verbosity":2,"msg":"said"/);
  assert.doesNotMatch(stderr, /"verbosity":1/);
});
