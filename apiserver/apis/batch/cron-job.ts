import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import {
  ageColumn,
  booleanColumn,
  containerColumns,
  integerColumn,
  nameColumn,
  orNone,
  selectorText,
  textColumn,
} from '../column.ts';
import { defaultPodTemplate } from '../core/pod-spec.ts';
import { checkNonNegative, checkOneOf, type Errors, keepStatus } from '../field-check.ts';
import { age } from '../human-duration.ts';
import { setDefaults, setTextDefaults } from '../plain.ts';
import { scheduleError } from './cron-schedule.ts';
import { checkJobTemplate } from './job-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const cronJob: KindDefinition = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  resource: 'cronjobs',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  storagePath: 'cronjobs',
  generation: true,
  status: true,
  columns: [
    nameColumn,
    textColumn('Schedule', ({ spec }) => spec?.schedule ?? ''),
    textColumn('Timezone', ({ spec }) => orNone(spec?.timeZone)),
    booleanColumn('Suspend', ({ spec }) => suspendText(spec?.suspend)),
    integerColumn('Active', ({ status }) => (status?.active ?? []).length),
    textColumn('Last Schedule', ({ status }) =>
      status?.lastScheduleTime ? age(status.lastScheduleTime) : '<none>',
    ),
    ageColumn,
    ...containerColumns(({ spec }) => spec?.jobTemplate?.spec?.template?.spec),
    textColumn('Selector', ({ spec }) => selectorText(spec?.jobTemplate?.spec?.selector), 1),
  ],
  default: defaultCronJob,
  prepareForCreate(cronJob) {
    cronJob.status = {};
  },
  prepareForUpdate: keepStatus,
  validate,
  validateCreate({ metadata }) {
    // The controller appends a time of up to 11 characters to make the names of Jobs.
    if ((metadata.name ?? '').length <= 52) return [];
    return [fieldInvalid('metadata.name', metadata.name, 'must be no more than 52 characters')];
  },
};

function suspendText(suspend: boolean | undefined): string {
  if (suspend === undefined) return '<unset>';
  return suspend ? 'True' : 'False';
}

function defaultCronJob(cronJob: KubeObject): void {
  cronJob.spec ??= {};
  cronJob.status ??= {};
  const { spec } = cronJob;
  setTextDefaults(spec, { concurrencyPolicy: 'Allow' });
  setDefaults(spec, { suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
  if (spec.jobTemplate !== undefined) {
    spec.jobTemplate.metadata ??= {};
    spec.jobTemplate.spec ??= {};
    defaultPodTemplate(spec.jobTemplate.spec.template);
  }
}

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkSchedule(errors, spec.schedule ?? '', spec.timeZone);
  for (const field of [
    'startingDeadlineSeconds',
    'successfulJobsHistoryLimit',
    'failedJobsHistoryLimit',
  ]) {
    checkNonNegative(errors, spec[field], `spec.${field}`);
  }
  checkOneOf(errors, spec.concurrencyPolicy, 'spec.concurrencyPolicy', [
    'Allow',
    'Forbid',
    'Replace',
  ]);
  checkJobTemplate(errors, spec.jobTemplate?.spec ?? {}, 'spec.jobTemplate.spec');
  return errors;
}

function checkSchedule(errors: Errors, schedule: string, timeZone: string | undefined): void {
  if (schedule === '') errors.push(fieldRequired('spec.schedule'));
  else {
    const problem = scheduleError(schedule);
    if (problem !== undefined) errors.push(fieldInvalid('spec.schedule', schedule, problem));
    if (schedule.includes('TZ')) {
      const text = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
      errors.push(fieldInvalid('spec.schedule', schedule, text));
    }
  }
  if (timeZone === undefined) return;
  if (timeZone === '')
    errors.push(fieldInvalid('spec.timeZone', '', 'timeZone must be nil or non-empty string'));
  else if (timeZone.toLowerCase() === 'local') {
    const text =
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    errors.push(fieldInvalid('spec.timeZone', timeZone, text));
  } else if (!isTimeZone(timeZone)) {
    errors.push(fieldInvalid('spec.timeZone', timeZone, `unknown time zone ${timeZone}`));
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
