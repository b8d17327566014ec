import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from '../flags/flag-set.ts';
import { controllerCatalog } from './catalog.ts';
import { selectControllers } from './select.ts';
import { checkFlags, managerFlags } from './flags.ts';

const flags = (...argv: string[]) => parseFlags(managerFlags, argv).values;
const names = (...wanted: string[]) =>
  selectControllers(controllerCatalog, wanted).map((c) => c.alias);

test('defaults are those of upstream', () => {
  const given = flags();
  assert.equal(given['leader-elect'], true);
  assert.equal(given['leader-elect-lease-duration'], 15_000);
  assert.equal(given['secure-port'], 10_257);
  assert.equal(given['horizontal-pod-autoscaler-sync-period'], 15_000);
  assert.equal(given['horizontal-pod-autoscaler-downscale-stabilization'], 300_000);
  assert.equal(given['horizontal-pod-autoscaler-tolerance'], 0.1);
  assert.equal(given['horizontal-pod-autoscaler-cpu-initialization-period'], 300_000);
  assert.equal(given['horizontal-pod-autoscaler-initial-readiness-delay'], 30_000);
  assert.deepEqual(checkFlags(given), []);
});

test('what cannot be honoured is refused by name', () => {
  assert.throws(() => flags('--cloud-config=x'), /unknown flag: --cloud-config/);
  assert.match(checkFlags(flags('--profiling'))[0] ?? '', /^--profiling: /);
  assert.match(checkFlags(flags('--concurrent-gc-syncs=0'))[0] ?? '', /must be greater than 0/);
  assert.match(checkFlags(flags('--allocate-node-cidrs'))[0] ?? '', /^--cluster-cidr: required/);
  const v6 = checkFlags(flags('--allocate-node-cidrs', '--cluster-cidr=fd00::/48'));
  assert.match(v6[0] ?? '', /IPv4 only/);
  assert.match(checkFlags(flags('--tls-cert-file=x'))[0] ?? '', /--tls-private-key-file/);
});

test('--controllers: all, some, all but some, by name or alias', () => {
  // as kubeadm has it
  const all = names('*', 'bootstrapsigner', 'tokencleaner');
  assert.equal(all.length, controllerCatalog.length);
  assert.equal(names('*').length, all.length - 2);
  assert.deepEqual(names('job', 'deployment-controller'), ['deployment', 'job']);
  assert.ok(!names('*', '-job').includes('job'));
  assert.throws(() => names('jobb'), /"jobb" is not in the list of known controllers/);
});

test('every controller has a name, an alias and loops of its own', () => {
  const all = controllerCatalog.flatMap((c) => [c.name]);
  assert.equal(new Set(all).size, all.length);
});
