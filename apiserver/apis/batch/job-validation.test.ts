import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Plain } from '../plain.ts';
import { cronJob } from './cron-job.ts';
import { job } from './job.ts';

const info = { user: { name: 'me', groups: [] }, now: new Date(0), dryRun: false };
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'x' }] } };

function created(spec: Plain = {}, name = 'work'): KubeObject {
  const object: KubeObject = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default', uid: 'uid-1' },
    spec: structuredClone({ template, ...spec }),
  };
  job.default?.(object);
  job.prepareForCreate?.(object, info);
  return object;
}

function texts(causes: StatusCause[] | undefined): string[] {
  return (causes ?? []).map((cause) => `${cause.field}: ${cause.message}`);
}

const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };

describe('a Job is validated', () => {
  const table: [string, Plain, string[]][] = [
    ['a plain one', {}, []],
    [
      'pods without the labels that it selects',
      { manualSelector: true, selector: { matchLabels: { a: 'b' } } },
      [
        'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
      ],
    ],
    [
      'indexes may fail only where there are any',
      { backoffLimitPerIndex: 1, maxFailedIndexes: 1, completions: 1 },
      [
        'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
        'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
      ],
    ],
    [
      'a count of failed indexes needs a limit per index',
      { ...indexed, maxFailedIndexes: 4 },
      [
        'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
        'spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions',
      ],
    ],
    [
      'what is too big to be tracked',
      { ...indexed, completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1 },
      [
        'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
        'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
      ],
    ],
    [
      'a manager is named by a domain and a path',
      { managedBy: 'mine' },
      [
        'spec.managedBy: Invalid value: "mine": must be a domain-prefixed path (such as "acme.io/foo")',
      ],
    ],
    [
      'a failure policy without rules that mean anything',
      { podFailurePolicy: { rules: [{ action: 'FailIndex' }, { onExitCodes: {} }] } },
      [
        'spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
        'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
        'spec.podFailurePolicy.rules[1].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]',
        'spec.podFailurePolicy.rules[1].onExitCodes.operator: Required value: valid values: ["In" "NotIn"]',
        'spec.podFailurePolicy.rules[1].onExitCodes.values: Invalid value: null: at least one value is required',
      ],
    ],
    [
      'exit codes are ordered, unique, and not 0 where they are listed',
      {
        podFailurePolicy: {
          rules: [
            {
              action: 'FailJob',
              onExitCodes: { operator: 'In', containerName: 'b', values: [2, 0, 2] },
            },
          ],
        },
      },
      [
        'spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "b": must be one of the container or initContainer names in the pod template',
        'spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
        'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 2',
        'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,0,2]: must be ordered',
      ],
    ],
    [
      'a failure policy replaces pods only once they failed',
      {
        podReplacementPolicy: 'TerminatingOrFailed',
        podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'A' }] }] },
      },
      [
        'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
      ],
    ],
    [
      'success by index is for indexed Jobs',
      { successPolicy: { rules: [{ succeededCount: 1 }] } },
      [
        'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode',
      ],
    ],
    [
      'success counts what there is',
      {
        ...indexed,
        successPolicy: {
          rules: [{}, { succeededIndexes: '0-1', succeededCount: 4 }, { succeededIndexes: '2,1' }],
        },
      },
      [
        'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
        'spec.successPolicy.rules[1].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)',
        'spec.successPolicy.rules[1].succeededCount: Invalid value: 4: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
        'spec.successPolicy.rules[2].succeededIndexes: Invalid value: "2,1": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1',
      ],
    ],
  ];
  for (const [name, spec, expected] of table) {
    test(name, () => assert.deepEqual(texts(job.validate?.(created(spec))), expected));
  }

  test('the longest name of its pods is a label', () => {
    const name = 'a'.repeat(62);
    assert.deepEqual(texts(job.validate?.(created(indexed, name))), [
      `metadata.name: Invalid value: "${name}": will not able to create pod with invalid DNS label: ${name}-2`,
    ]);
  });
});

describe('a Job changes', () => {
  function changed(before: Plain, change: (job: KubeObject) => void, status: Plain = {}): string[] {
    const old = { ...created(before), status };
    const next = structuredClone(old);
    change(next);
    return texts(job.validateUpdate?.(next, old)).map((text) => text.slice(0, 90));
  }

  test('an indexed one its size, both numbers at once', () => {
    assert.deepEqual(
      changed(indexed, ({ spec }) => Object.assign(spec, { completions: 5, parallelism: 5 })),
      [],
    );
    assert.deepEqual(
      changed(indexed, ({ spec }) => Object.assign(spec, { completions: 5 })),
      ['spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism'],
    );
    assert.deepEqual(
      changed({}, ({ spec }) => Object.assign(spec, { completions: 5 })),
      ['spec.completions: Invalid value: 5: field is immutable'],
    );
  });

  const place = ({ spec }: KubeObject): void => {
    spec.template.spec.nodeSelector = { disk: 'ssd' };
    spec.template.spec.containers[0].resources = { requests: { cpu: '1' } };
  };

  test('a suspended one where and on how much it will run, while none of its pods do', () => {
    const started = { startTime: '2024-01-01T00:00:00Z' };
    const stopped = { ...started, conditions: [{ type: 'Suspended', status: 'True' }] };
    assert.deepEqual(changed({ suspend: true }, place), []);
    assert.deepEqual(changed({ suspend: true }, place, stopped), []);
    assert.equal(changed({ suspend: true }, place, started).length, 1);
    assert.equal(changed({ suspend: true }, place, { ...stopped, active: 1 }).length, 1);
    assert.equal(changed({}, place).length, 1);
  });

  test('a suspended one its labels, and nothing else of its pods', () => {
    const image = ({ spec }: KubeObject) => (spec.template.spec.containers[0].image = 'y');
    const label = ({ spec }: KubeObject) => (spec.template.metadata.labels['a'] = 'b');
    const [cause = ''] = changed({ suspend: true }, image);
    assert.match(
      cause,
      /^spec\.template\.spec: Invalid value: \{"Volumes":null,"InitContainers":null,"Containers":\[\{"N/,
    );
    assert.deepEqual(changed({ suspend: true }, label), []);
    assert.match(changed({}, label)[0] ?? '', /^spec\.template: Invalid value/);
  });

  test('its generated labels are needed as long as it has them', () => {
    const old = created({ suspend: true });
    const next = structuredClone(old);
    const name = 'batch.kubernetes.io/job-name';
    delete next.spec.template.metadata.labels[name];
    assert.deepEqual(texts(job.validate?.(next, old)), [
      `spec.template.metadata.labels[${name}]: Required value: must be 'work'`,
    ]);
    const short = { 'job-name': 'work', 'controller-uid': 'uid-1' };
    for (const object of [old, next]) object.spec.template.metadata.labels = { ...short };
    next.spec.selector = { matchLabels: { 'controller-uid': 'uid-1' } };
    assert.deepEqual(texts(job.validate?.(next, old)), []);
  });
});

describe('the status of a Job', () => {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  const condition = (type: string) => ({ type, status: 'True' });
  const done = {
    startTime: at(0),
    completionTime: at(9),
    succeeded: 1,
    conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
  };
  const table: [string, Plain, Plain, Plain, string[]][] = [
    ['done', {}, {}, done, []],
    [
      'ended both ways',
      {},
      {},
      { ...done, conditions: [...done.conditions, condition('Failed')] },
      [
        'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
        'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
        'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions',
      ],
    ],
    [
      'done without a time and with pods',
      {},
      {},
      { active: 1, terminating: 1, conditions: done.conditions },
      [
        'status.completionTime: Required value: completionTime is required for Complete jobs',
        'status.active: Invalid value: 1: active>0 is invalid for finished job',
        'status.startTime: Required value: startTime is required for finished job',
        'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job',
      ],
    ],
    [
      'indexes that overlap',
      { ...indexed, backoffLimitPerIndex: 1 },
      {},
      { completedIndexes: '0-1', failedIndexes: '1,7' },
      [
        'status.failedIndexes: Invalid value: "1,7": error parsing failedIndexes: too large index: "7"',
        'status.failedIndexes: Invalid value: "1,7": failedIndexes and completedIndexes overlap at index: 1',
      ],
    ],
    [
      'what was said stays said',
      {},
      done,
      { startTime: at(1), completionTime: at(8) },
      [
        'status.completionTime: Invalid value: "1970-01-01T00:00:08.000Z": cannot set completionTime when there is no Complete=True condition',
        'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
        'status.succeeded: Invalid value: 0: cannot decrease the succeeded counter',
        'status.completionTime: Invalid value: "1970-01-01T00:00:08.000Z": field is immutable',
        'status.startTime: Required value: startTime cannot be removed for unsuspended job',
        'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
      ],
    ],
  ];
  for (const [name, spec, before, status, expected] of table) {
    test(name, () => {
      const old = { ...created(spec), status: before };
      const next = { ...created(spec), status };
      assert.ok(typeof job.status === 'object');
      assert.deepEqual(texts(job.status.validateUpdate?.(next, old)), expected);
    });
  }
});

describe('a CronJob is validated', () => {
  function cron(spec: Plain, name = 'nightly'): KubeObject {
    const object: KubeObject = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name, namespace: 'default' },
      spec: structuredClone({
        schedule: '0 3 * * *',
        jobTemplate: { spec: { template } },
        ...spec,
      }),
    };
    cronJob.default?.(object);
    return object;
  }

  const table: [Plain, string[]][] = [
    [{}, []],
    [{ timeZone: 'Europe/Berlin' }, []],
    [{ schedule: '' }, ['spec.schedule: Required value']],
    [
      { schedule: 'TZ=UTC 0 3 * * *' },
      [
        'spec.schedule: Invalid value: "TZ=UTC 0 3 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [
      { timeZone: 'Mars/Base' },
      ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
    ],
    [
      { timeZone: 'Local', startingDeadlineSeconds: -1, concurrencyPolicy: 'Never' },
      [
        'spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
        'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
        'spec.concurrencyPolicy: Unsupported value: "Never": supported values: "Allow", "Forbid", "Replace"',
      ],
    ],
    [
      { jobTemplate: { spec: { template, manualSelector: true, selector: {} } } },
      [
        'spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated',
        'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
      ],
    ],
  ];
  for (const [spec, expected] of table) {
    test(JSON.stringify(spec), () =>
      assert.deepEqual(texts(cronJob.validateCreate?.(cron(spec))), expected),
    );
  }

  test('a zone stored in a schedule may stay, an unknown one too', () => {
    const old = cron({ schedule: 'TZ=UTC 0 3 * * *' });
    assert.deepEqual(texts(cronJob.validateUpdate?.(old, old)), []);
    const odd = cron({ timeZone: 'Mars/Base' });
    assert.deepEqual(texts(cronJob.validateUpdate?.(odd, odd)), []);
  });

  test('names leave room for a time, dots are warned of', () => {
    const long = 'a'.repeat(53);
    assert.deepEqual(texts(cronJob.validateCreate?.(cron({}, long))), [
      `metadata.name: Invalid value: "${long}": must be no more than 52 characters`,
    ]);
    assert.deepEqual(cronJob.warnings?.(cron({}, 'a.b'), undefined), [
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
    ]);
  });
});
