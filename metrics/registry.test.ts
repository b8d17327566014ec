import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedValues } from './allowed-values.ts';
import { exposeProcess } from './process.ts';
import { Registry } from './registry.ts';
import { exposeRuntime } from './runtime.ts';

const lines = async (registry: Registry) => (await registry.text()).split('\n');

test('counters count by labels; one without labels is there from the start', async () => {
  const registry = new Registry();
  const requests = registry.counter('requests_total', 'Requests.', ['verb', 'code']);
  registry.counter('plain_total', 'Plain.');
  requests.inc(['GET', '200']);
  requests.inc(['GET', '200'], 2);
  requests.with(['PUT', '409']).value++;
  assert.equal(
    await registry.text(),
    `# HELP plain_total Plain.
# TYPE plain_total counter
plain_total 0
# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="200",verb="GET"} 3
requests_total{code="409",verb="PUT"} 1
`,
  );
});

test('values of labels that join alike are kept apart', async () => {
  const registry = new Registry();
  const counter = registry.counter('c', 'C.', ['a', 'b']);
  counter.inc(['x,y', '']);
  counter.inc(['x', 'y']);
  counter.inc(['', 'xy']);
  assert.equal((await lines(registry)).filter((line) => line.startsWith('c{')).length, 3);
});

test('labels given are copied: their array may be used again', async () => {
  const registry = new Registry();
  const labels = ['x'];
  registry.counter('c', 'C.', ['a']).inc(labels);
  labels[0] = 'changed';
  assert.ok((await lines(registry)).includes('c{a="x"} 1'));
});

test('gauges are set, and removed', async () => {
  const registry = new Registry();
  const gauge = registry.gauge('depth', 'Depth.', ['queue']);
  gauge.set(['a'], 3);
  gauge.set(['a'], 4.5);
  gauge.set(['b'], 1);
  gauge.remove(['b']);
  const samples = (await lines(registry)).filter((line) => line.startsWith('depth{'));
  assert.deepEqual(samples, ['depth{queue="a"} 4.5']);
});

test('buckets are cumulative and take their upper bound', async () => {
  const registry = new Registry();
  const histogram = registry.histogram('d', 'D.', ['v'], [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(['x'], value);
  assert.deepEqual((await lines(registry)).slice(2, -1), [
    'd_bucket{v="x",le="0.1"} 2',
    'd_bucket{v="x",le="1"} 3',
    'd_bucket{v="x",le="+Inf"} 4',
    'd_sum{v="x"} 7.65',
    'd_count{v="x"} 4',
  ]);
});

test('quotes, backslashes and new lines are escaped, in help all but quotes', async () => {
  const registry = new Registry();
  registry.counter('c', 'Says "a\\b"\nand more.', ['p']).inc(['"a\\b"\n']);
  assert.deepEqual(await lines(registry), [
    '# HELP c Says "a\\\\b"\\nand more.',
    '# TYPE c counter',
    'c{p="\\"a\\\\b\\"\\n"} 1',
    '',
  ]);
});

test('what is not finite is written as Prometheus reads it', async () => {
  const registry = new Registry();
  const gauge = registry.gauge('g', 'G.', ['of']);
  gauge.set(['up'], Infinity);
  gauge.set(['down'], -Infinity);
  gauge.set(['none'], NaN);
  assert.deepEqual((await lines(registry)).slice(2, -1), [
    'g{of="down"} -Inf',
    'g{of="none"} NaN',
    'g{of="up"} +Inf',
  ]);
});

test('a metric has an end: what comes after 10,000 sets is one', async () => {
  const registry = new Registry();
  const counter = registry.counter('c', 'C.', ['path']);
  for (let i = 0; i < 10_050; i++) counter.inc([`/p${i}`]);
  counter.inc(['/p7']);
  const samples = (await lines(registry)).filter((line) => line.startsWith('c{'));
  assert.equal(samples.length, 10_001);
  assert.equal(samples[0], 'c{path="/p0"} 1');
  assert.ok(samples.includes('c{path="other"} 50'));
  assert.ok(samples.includes('c{path="/p7"} 2'));
});

test('numbers have the form of Go', async () => {
  const registry = new Registry();
  const gauge = registry.gauge('g', 'G.', ['n']);
  const numbers = [1e6, 123456, 1234567.5, 0.00012, 0.000012, 1.5e22, 0, -2e6];
  for (const [i, value] of numbers.entries()) gauge.set([String(i)], value);
  assert.deepEqual(
    (await lines(registry)).slice(2, -1).map((line) => line.split(' ')[1]),
    ['1e+06', '123456', '1.2345675e+06', '0.00012', '1.2e-05', '1.5e+22', '0', '-2e+06'],
  );
});

test('protobuf says the same: lengths, labels by name, finite bounds alone', async () => {
  const registry = new Registry();
  registry.counter('c', 'C.', ['b', 'a']).inc(['2', '1'], 3);
  registry.histogram('h', 'H.', [], [0.5]).observe([], 7);
  registry.gauge('silent', 'S.', ['a']);
  const double = (value: number): string => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return bytes.toString('hex');
  };
  assert.equal(
    (await registry.bytes()).toString('hex'),
    [
      // length, name, help, type, metric: two labels and a counter
      `26 0a0163 1202432e 1800 221b 0a060a01611201 31 0a060a01621201 32 1a0909${double(3)}`,
      // count, sum, one bucket
      `25 0a0168 1202482e 1804 221a 3a18 0801 11${double(7)} 1a0b 0800 11${double(0.5)}`,
    ]
      .join('')
      .replaceAll(' ', ''),
  );
});

test('hidden metrics are not shown, and a name registered again is shown once', async () => {
  const registry = new Registry(['secret']);
  registry.counter('secret', 'S.');
  registry.counter('c', 'Before.').inc([]);
  registry.counter('c', 'After.');
  assert.equal(await registry.text(), '# HELP c After.\n# TYPE c counter\nc 0\n');
});

test('process and runtime say the same as the process itself', async () => {
  const registry = new Registry();
  exposeProcess(registry);
  exposeRuntime(registry);
  const before = process.cpuUsage();
  const text = await registry.text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  assert.ok(value('process_cpu_seconds_total') >= (before.user + before.system) / 1e6);
  assert.ok(value('process_resident_memory_bytes') > 10e6);
  assert.ok(value('nodejs_heap_size_used_bytes') > 1e6);
  assert.ok(value('nodejs_heap_size_total_bytes') >= value('nodejs_heap_size_used_bytes'));
  assert.match(text, /^nodejs_heap_space_size_used_bytes\{space="old"\} \d\S+$/m);
  const [major, minor, patch] = process.versions.node.split('.');
  const version = `patch="${patch}",version="v${process.versions.node}"`;
  assert.ok(text.includes(`{major="${major}",minor="${minor}",${version}} 1\n`));
  if (process.platform !== 'linux') return;
  assert.ok(value('process_open_fds') >= 3);
  assert.ok(value('process_max_fds') >= value('process_open_fds'));
  assert.ok(value('process_virtual_memory_bytes') > value('process_resident_memory_bytes'));
});

test('values of labels beside those allowed are counted as one', async () => {
  let unexpected = 0;
  const lists = { 'asked_total,verb': 'GET,PUT', 'other_total,verb': 'x' };
  const registry = new Registry(
    [],
    allowedValues(lists, () => void (unexpected += 1)),
  );
  const asked = registry.counter('asked_total', 'Asked.', ['verb', 'code']);
  for (const verb of ['GET', 'GTE', 'GTE']) asked.inc([verb, '200']);
  registry.gauge('free', 'Free.', ['verb']).set(['GTE'], 1);
  assert.deepEqual(
    (await lines(registry)).filter((line) => line.includes('{')),
    [
      'asked_total{code="200",verb="GET"} 1',
      'asked_total{code="200",verb="unexpected"} 2',
      'free{verb="GTE"} 1',
    ],
  );
  assert.equal(unexpected, 2);
});
