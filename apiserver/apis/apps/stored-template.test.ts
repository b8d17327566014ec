import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronJob } from '../batch/cron-job.ts';
import { job } from '../batch/job.ts';
import type { Plain } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';
import { createCauses, updateCauses } from '../validation-fixture.ts';
import { daemonSet } from './daemon-set.ts';
import { deployment } from './deployment.ts';
import { replicaSet } from './replica-set.ts';
import { statefulSet } from './stateful-set.ts';

/** Templates keep what was stored under older rules, and get nothing of another kind with it. */

const labels = { a: 'b' };
const metadata = { name: 'x', uid: 'u' };
const replaced = (template: Plain): Plain => ({
  metadata,
  spec: { selector: { matchLabels: labels }, template },
});

function jobSpec({ metadata: own, spec }: Plain): Plain {
  return {
    selector: { matchLabels: labels },
    manualSelector: true,
    template: { metadata: own, spec: { ...spec, restartPolicy: 'Never' } },
    // what stands still may have its pods' tolerations changed
    suspend: true,
  };
}

function cronSpec(template: Plain): Plain {
  const { selector: _selector, manualSelector: _manual, ...spec } = jobSpec(template);
  return { schedule: '* * * * *', jobTemplate: { spec } };
}

const kinds: [KindDefinition, string, (template: Plain) => Plain][] = [
  [deployment, 'spec.template', replaced],
  [replicaSet, 'spec.template', replaced],
  [daemonSet, 'spec.template', replaced],
  [statefulSet, 'spec.template', replaced],
  [job, 'spec.template', (template) => ({ metadata, spec: jobSpec(template) })],
  [
    cronJob,
    'spec.jobTemplate.spec.template',
    (template) => ({ metadata, spec: cronSpec(template) }),
  ],
];

const operators = 'supported values: "Equal", "Exists", "Lt", "Gt"';

for (const [kind, path, make] of kinds) {
  test(`${kind.kind}: tolerations by number stay, parameters of the node are not let in`, () => {
    const template = (...tolerations: Plain[]): Plain => ({
      metadata: { labels },
      spec: { containers: [{ name: 'a', image: 'x' }], tolerations },
    });
    const [first, second] = [
      { key: 'a', operator: 'Gt', value: '1' },
      { key: 'b', operator: 'Lt', value: '2' },
    ];
    const about = (causes: string[]) => causes.filter((text) => text.startsWith(`${path}.spec.`));
    assert.deepEqual(about(createCauses(kind, make(template(first)))), [
      `${path}.spec.tolerations[0].operator: Unsupported value: "Gt": ${operators}`,
    ]);
    const old = make(template(first));
    assert.deepEqual(about(updateCauses(kind, make(template(first, second)), old)), []);
    const more = template(first);
    more.spec.securityContext = { sysctls: [{ name: 'net.a', value: '1' }] };
    more.spec.hostNetwork = true;
    const refused = `${path}.spec.securityContext.sysctls[0].name: Invalid value: "net.a": may not be specified when 'hostNetwork' is true`;
    assert.ok(about(updateCauses(kind, make(more), old)).includes(refused));
  });
}

test('a selector and the affinity of its template keep values that no label has together', () => {
  const wrong = { key: 'a', operator: 'NotIn', values: ['-'] };
  const affinity = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'z', labelSelector: { matchExpressions: [wrong] } },
      ],
    },
  };
  const set = (selected: Plain[], spec: Plain): Plain => ({
    metadata,
    spec: {
      selector: { matchLabels: labels, matchExpressions: selected },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'a', image: 'x' }], ...spec },
      },
    },
  });
  const values = (next: Plain, old: Plain) =>
    updateCauses(daemonSet, next, old).filter((text) => text.includes('a valid label'));
  assert.equal(values(set([], { affinity }), set([], {})).length, 1);
  assert.equal(values(set([wrong], { affinity }), set([wrong], {})).length, 0);
  assert.equal(values(set([wrong], { affinity }), set([], { affinity })).length, 0);
});
