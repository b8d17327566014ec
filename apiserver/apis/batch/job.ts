import type { KubeObject } from '../../../object/object.ts';
import { ageColumn, containerColumns, nameColumn, selectorText, textColumn } from '../column.ts';
import { dropDisabledTemplateFields, podNameWarnings } from '../core/held-pod-template.ts';
import { defaultPodTemplate } from '../core/pod-spec.ts';
import { keepStatus } from '../field-check.ts';
import { humanDuration } from '../human-duration.ts';
import { type Plain, setDefaults } from '../plain.ts';
import { generateJobSelector } from './job-selector.ts';
import { validateJobStatus } from './job-status-validation.ts';
import { validateJobUpdate } from './job-update.ts';
import { validateJob, validateJobSpec } from './job-validation.ts';
import { jobWarnings } from './job-warnings.ts';
import type { KindDefinition } from '../resource.ts';

export const job: KindDefinition = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  resource: 'jobs',
  namespaced: true,
  categories: ['all'],
  storagePath: 'jobs',
  generation: true,
  columns: [
    nameColumn,
    textColumn('Status', stateText),
    textColumn('Completions', completionsText),
    textColumn('Duration', durationText),
    ageColumn,
    ...containerColumns(({ spec }) => spec?.template?.spec),
    textColumn('Selector', ({ spec }) => selectorText(spec?.selector), 1),
  ],
  orphansDependents: {
    warning:
      'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  },
  selectableFields: ({ status }) => ({ 'status.successful': String(status?.succeeded ?? 0) }),
  fieldLabelRefusal: (field) =>
    `field label ${JSON.stringify(field)} not supported for batchv1.Job`,
  default: defaultJob,
  prepareForCreate(job) {
    generateJobSelector(job);
    job.status = {};
    dropDisabledTemplateFields(job, undefined, 'spec.template');
  },
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    dropDisabledTemplateFields(next, old, 'spec.template');
  },
  warnings: (object, old) => [
    ...podNameWarnings(object, old),
    ...jobWarnings(object, old, object.spec, 'spec'),
  ],
  updateChecks: ['new metadata', 'rules', 'changed metadata', validateJobSpec, 'changes'],
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  status: { validateUpdate: validateJobStatus },
};

function defaultJob(job: KubeObject): void {
  job.spec ??= {};
  job.status ??= {};
  const { spec } = job;
  // Work queues leave completions open and set parallelism alone.
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1;
    spec.parallelism = 1;
  }
  setDefaults(spec, {
    parallelism: 1,
    backoffLimit: spec.backoffLimitPerIndex === undefined ? 6 : 2147483647,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
  });
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) setDefaults(pattern, { status: 'True' });
  }
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined && Object.keys(job.metadata.labels ?? {}).length === 0) {
    job.metadata.labels = { ...labels };
  }
  defaultPodTemplate(spec.template);
}

function stateText({ metadata, status }: KubeObject): string {
  const holds = (type: string) =>
    (status?.conditions ?? []).some((c: Plain) => c.type === type && c.status === 'True');
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (metadata.deletionTimestamp) return 'Terminating';
  for (const [type, text] of [
    ['Suspended', 'Suspended'],
    ['FailureTarget', 'FailureTarget'],
    ['SuccessCriteriaMet', 'SuccessCriteriaMet'],
  ] as const) {
    if (holds(type)) return text;
  }
  return 'Running';
}

function completionsText({ spec, status }: KubeObject): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: KubeObject): string {
  if (!status?.startTime) return '';
  const end = status.completionTime ? Date.parse(status.completionTime) : Date.now();
  return humanDuration((end - Date.parse(status.startTime)) / 1000);
}
