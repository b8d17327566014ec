import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { allowancesOf } from '../core/pod-allowances.ts';
import { checkNonNegative, checkOneOf, type Errors } from '../field-check.ts';
import { scheduleError } from './cron-schedule.ts';
import { checkJobTemplate } from './job-validation.ts';

/** pkg/apis/batch/validation, validateCronJobSpec. `old` is undefined for a new object. */
export function validateCronJob({ spec }: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const errors: Errors = [];
  checkSchedule(errors, spec.schedule ?? '', spec.timeZone, old?.spec.schedule ?? '');
  checkNonNegative(errors, spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds');
  if (spec.timeZone !== undefined && spec.timeZone !== old?.spec.timeZone) {
    checkTimeZone(errors, spec.timeZone);
  }
  const policies = ['Allow', 'Forbid', 'Replace'];
  checkOneOf(errors, spec.concurrencyPolicy, 'spec.concurrencyPolicy', policies);
  const allow = allowancesOf(old?.spec.jobTemplate?.spec?.template);
  checkJobTemplate(errors, spec.jobTemplate?.spec ?? {}, 'spec.jobTemplate.spec', allow);
  for (const field of ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit']) {
    checkNonNegative(errors, spec[field], `spec.${field}`);
  }
  return errors;
}

/** A zone in the schedule stays where one was stored before that was refused. */
function checkSchedule(
  errors: Errors,
  schedule: string,
  timeZone: string | undefined,
  before: string,
): void {
  if (schedule === '') {
    errors.push(fieldRequired('spec.schedule'));
    return;
  }
  const problem = scheduleError(schedule);
  if (problem !== undefined) errors.push(fieldInvalid('spec.schedule', schedule, problem));
  if (!schedule.includes('TZ')) return;
  if (!before.includes('TZ')) {
    const text = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    errors.push(fieldInvalid('spec.schedule', schedule, text));
  } else if (timeZone !== undefined) {
    const text = 'cannot use both timeZone field and TZ or CRON_TZ in schedule';
    errors.push(fieldInvalid('spec.schedule', schedule, text));
  }
}

/** One name between the slashes of a time zone. */
const zonePart = /^[A-Za-z.\-_0-9+]{1,14}$/;

function checkTimeZone(errors: Errors, timeZone: string): void {
  const path = 'spec.timeZone';
  if (timeZone === '') {
    errors.push(fieldInvalid(path, timeZone, 'timeZone must be nil or non-empty string'));
    return;
  }
  const unknown = (): void => {
    errors.push(fieldInvalid(path, timeZone, `unknown time zone ${timeZone}`));
  };
  const parts = timeZone.split('/');
  if (parts.some((s) => s === '.' || s === '..' || s.startsWith('-') || !zonePart.test(s))) {
    unknown();
    return;
  }
  const local = timeZone.toLowerCase() === 'local';
  if (local) {
    const text =
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    errors.push(fieldInvalid(path, timeZone, text));
  }
  // Go knows this name, and no other spelling of it.
  if (timeZone !== 'Local' && !isTimeZone(timeZone)) unknown();
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
