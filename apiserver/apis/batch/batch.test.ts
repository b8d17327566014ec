import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../object/object.ts';
import type { Plain } from '../plain.ts';
import { scheduleError } from './cron-schedule.ts';
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

describe('Job', () => {
  test('defaults and the generated selector', () => {
    const { spec } = created();
    const { template: made, selector, ...rest } = spec;
    assert.deepEqual(rest, {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: 'TerminatingOrFailed',
    });
    assert.deepEqual(selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': 'uid-1' } });
    assert.deepEqual(made.metadata.labels, {
      'batch.kubernetes.io/job-name': 'work',
      'job-name': 'work',
      'batch.kubernetes.io/controller-uid': 'uid-1',
      'controller-uid': 'uid-1',
    });
  });

  test('a generated name that was taken leaves no trace in the labels', () => {
    const object = created();
    object.metadata.name = 'work-2';
    job.prepareForCreate?.(object, info);
    assert.equal(object.spec.template.metadata.labels['job-name'], 'work-2');
    assert.deepEqual(job.validate?.(object), []);
  });

  test('pods of a Job end, and the template cannot be swapped', () => {
    const always = { spec: { containers: [{ name: 'a', image: 'x' }] } };
    const [cause] = job.validate?.(created({ template: always })) ?? [];
    assert.equal(cause?.field, 'spec.template.spec.restartPolicy');
    assert.equal(cause?.message, 'Required value: valid values: "OnFailure", "Never"');
    const old = created();
    const next = structuredClone(old);
    next.spec.template.spec.containers[0].image = 'y';
    assert.equal(job.validateUpdate?.(next, old)[0]?.field, 'spec.template');
    next.spec.template = structuredClone(old.spec.template);
    next.spec.parallelism = 3;
    assert.deepEqual(job.validateUpdate?.(next, old), []);
  });

  test('columns', () => {
    const object = created();
    const cell = (name: string) => job.columns?.find((c) => c.name === name)?.cell(object);
    assert.deepEqual(
      [cell('Status'), cell('Completions'), cell('Duration')],
      ['Running', '0/1', ''],
    );
    object.status = {
      succeeded: 1,
      startTime: '2024-01-01T00:00:00Z',
      completionTime: '2024-01-01T00:00:12Z',
      conditions: [{ type: 'Complete', status: 'True' }],
    };
    assert.deepEqual(
      [cell('Status'), cell('Completions'), cell('Duration')],
      ['Complete', '1/1', '12s'],
    );
  });
});

test('cron schedules', () => {
  const table: [string, string | undefined][] = [
    ['*/5 * * * *', undefined],
    ['0 0 1-7/2 jan-jun mon,fri', undefined],
    ['@hourly', undefined],
    ['@every 1h30m', undefined],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['61 * * * *', 'end of range (61) above maximum (59): 61'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['@sometimes', 'unrecognized descriptor: @sometimes'],
  ];
  for (const [schedule, error] of table) assert.equal(scheduleError(schedule), error, schedule);
});
