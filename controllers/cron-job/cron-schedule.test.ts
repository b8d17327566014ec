import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueRuns, jobFor, jobName } from './cron-job-plan.ts';
import { parseSchedule } from './cron-schedule.ts';

function next(schedule: string, from: string, zone?: string): string | undefined {
  return parseSchedule(schedule, zone).next(new Date(from))?.toISOString().slice(0, 16);
}

test('fields, ranges, steps, names and descriptors', () => {
  assert.equal(next('*/15 * * * *', '2026-01-01T00:00:00Z'), '2026-01-01T00:15');
  assert.equal(next('0 9-17/4 * * mon-fri', '2026-01-02T14:00:00Z'), '2026-01-02T17:00');
  assert.equal(next('0 9-17/4 * * mon-fri', '2026-01-02T17:00:00Z'), '2026-01-05T09:00');
  assert.equal(next('30 2 29 feb *', '2026-01-01T00:00:00Z'), '2028-02-29T02:30');
  assert.equal(next('@monthly', '2026-01-15T00:00:00Z'), '2026-02-01T00:00');
  assert.equal(next('@every 1h30m', '2026-01-01T00:00:00Z'), '2026-01-01T01:30');
});

test('day of month and day of week: either will do when both are restricted', () => {
  assert.equal(next('0 0 13 * fri', '2026-01-10T00:00:00Z'), '2026-01-13T00:00');
  assert.equal(next('0 0 13 * fri', '2026-01-13T00:00:00Z'), '2026-01-16T00:00');
});

test('time zones, across the change to summer time', () => {
  assert.equal(next('0 12 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin'), '2026-03-29T10:00');
  assert.equal(next('0 0 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin'), '2026-03-28T23:00');
  assert.throws(() => parseSchedule('* * * * *', 'Mars/Base'), RangeError);
});

test('what is no schedule is refused', () => {
  for (const bad of [
    '',
    '* * * *',
    '60 * * * *',
    '* * 0 * *',
    '*/0 * * * *',
    '5-1 * * * *',
    '@often',
  ]) {
    assert.throws(() => parseSchedule(bad), Error, bad);
  }
});

const cronJob = (created: string, spec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'c', namespace: 'n', uid: 'u', creationTimestamp: created },
  spec: { schedule: '* * * * *', jobTemplate: { spec: {} }, ...spec },
});

test('only the latest of several missed runs is made up for', () => {
  const due = dueRuns(
    cronJob('2026-01-01T00:00:00Z'),
    parseSchedule('*/10 * * * *'),
    new Date('2026-01-01T01:05:00Z'),
  );
  assert.equal(due.missed?.toISOString(), '2026-01-01T01:00:00.000Z');
  assert.equal(due.next?.toISOString(), '2026-01-01T01:10:00.000Z');
  assert.equal(due.tooMany, false);
});

test('years of missed minutes are not walked through', () => {
  const due = dueRuns(
    cronJob('2020-01-01T00:00:00Z'),
    parseSchedule('* * * * *'),
    new Date('2026-01-01T00:00:30Z'),
  );
  assert.equal(due.missed?.toISOString(), '2026-01-01T00:00:00.000Z');
  assert.equal(due.tooMany, true);
});

test('a starting deadline limits how far back is looked', () => {
  const due = dueRuns(
    cronJob('2026-01-01T00:00:00Z', { startingDeadlineSeconds: 30 }),
    parseSchedule('0 * * * *'),
    new Date('2026-01-01T01:00:40Z'),
  );
  assert.equal(due.missed, undefined);
});

test('the name of a Job is a function of the scheduled minute', () => {
  const at = new Date('2026-01-01T00:01:00Z');
  assert.equal(jobName(cronJob('2026-01-01T00:00:00Z'), at), `c-${at.getTime() / 60_000}`);
  const job = jobFor(cronJob('2026-01-01T00:00:00Z', { timeZone: 'Asia/Tokyo' }), at);
  assert.equal(
    job.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'],
    '2026-01-01T09:01:00+09:00',
  );
});
