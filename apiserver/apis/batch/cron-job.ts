import { fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
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
import { dropDisabledTemplateFields, podNameWarnings } from '../core/held-pod-template.ts';
import { defaultPodTemplate } from '../core/pod-spec.ts';
import { keepStatus } from '../field-check.ts';
import { age } from '../human-duration.ts';
import { setDefaults, setTextDefaults } from '../plain.ts';
import { validateCronJob } from './cron-job-validation.ts';
import { jobWarnings } from './job-warnings.ts';
import type { KindDefinition } from '../resource.ts';

const podTemplatePath = 'spec.jobTemplate.spec.template';

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
  // upstream's status strategy has no rules
  status: { updateChecks: [] },
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
    dropDisabledTemplateFields(cronJob, undefined, podTemplatePath);
  },
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    dropDisabledTemplateFields(next, old, podTemplatePath);
  },
  validateCreate(cronJob) {
    const errors = validateCronJob(cronJob, undefined);
    // The controller appends a time of up to 11 characters to make the names of Jobs.
    const { name = '' } = cronJob.metadata;
    if (name.length <= 52) return errors;
    return [...errors, fieldInvalid('metadata.name', name, 'must be no more than 52 characters')];
  },
  validateUpdate: validateCronJob,
  warnings: (object, old) => [
    ...podNameWarnings(object, old),
    ...jobWarnings(object, old, object.spec.jobTemplate?.spec ?? {}, 'spec.jobTemplate.spec'),
    ...(old !== undefined && object.spec.schedule?.includes('TZ') ? [zoneInSchedule] : []),
  ],
};

/** Of what was stored before it was refused; upstream names the spec twice. */
const zoneInSchedule =
  'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';

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
