import { semanticEqual } from '../../../object/equal.ts';
import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { byteLength, dns1123SubdomainErrors, labelKeyErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkImmutable, type Errors } from '../field-check.ts';
import { toCoreEvent } from './event-form.ts';

/**
 * Events of both groups (pkg/apis/core/validation/events.go): what core asks of any, and what
 * events.k8s.io asks besides. Fields are named as core names them, in both.
 */

const limits = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;

/** @param controllerField - what the request's version calls the reporting controller */
export function validateEvent(
  event: KubeObject,
  controllerField = 'reportingComponent',
): StatusCause[] {
  const errors: Errors = [];
  const core = toCoreEvent(event);
  const namespace = core.metadata.namespace ?? '';
  const about: string = core.involvedObject?.namespace ?? '';
  // Events about what has no namespace lie in the default one.
  const nowhere = core.eventTime ? ['default', 'kube-system'] : ['', 'default'];
  const fits = about === '' ? nowhere.includes(namespace) : about === namespace;
  if (!fits && (about === '' || !core.eventTime)) {
    const text = 'does not match event.namespace';
    errors.push(fieldInvalid('involvedObject.namespace', about, text));
  }
  if (core.eventTime) checkReport(errors, core, controllerField);
  checkFormat(errors, namespace, 'namespace', dns1123SubdomainErrors);
  return errors;
}

/** Of events that say when they happened: who saw what. */
function checkReport(errors: Errors, core: KubeObject, controllerField: string): void {
  const controller: string = core.reportingComponent ?? '';
  if (controller === '') errors.push(fieldRequired(controllerField));
  checkFormat(errors, controller, controllerField, labelKeyErrors);
  for (const [field, limit] of Object.entries(limits)) {
    const text: string = core[field] ?? '';
    if (text === '' && field !== 'message') errors.push(fieldRequired(field));
    if (byteLength(text) > limit) {
      errors.push(fieldInvalid(field, '', `can have at most ${limit} characters`));
    }
  }
}

export function validateNewEvent(event: KubeObject): StatusCause[] {
  const errors = validateEvent(event, 'reportingController');
  const core = toCoreEvent(event);
  checkSeries(errors, core);
  if (!core.eventTime) errors.push(fieldRequired('eventTime'));
  if (core.type !== 'Normal' && core.type !== 'Warning') {
    errors.push(fieldInvalid('type', '', `has invalid value: ${core.type ?? ''}`));
  }
  const old = {
    firstTimestamp: core.firstTimestamp,
    lastTimestamp: core.lastTimestamp,
    count: core.count,
    source: core.source?.component || core.source?.host,
  };
  for (const [field, value] of Object.entries(old)) {
    if (value) errors.push(fieldInvalid(field, '', 'needs to be unset'));
  }
  return errors;
}

function checkSeries(errors: Errors, { series }: KubeObject): void {
  if (!series) return;
  if (!(series.count >= 2)) errors.push(fieldInvalid('series.count', '', 'should be at least 2'));
  if (!series.lastObservedTime) errors.push(fieldRequired('series.lastObservedTime'));
}

/** `reason` twice, as upstream has it. */
const fixed = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reason',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
];

export function validateChangedEvent(event: KubeObject, before: KubeObject): StatusCause[] {
  const errors = validateEvent(event, 'reportingController');
  const [next, old] = [toCoreEvent(event), toCoreEvent(before)];
  if (!semanticEqual(next.series, old.series)) checkSeries(errors, next);
  for (const field of fixed) {
    const shown = field === 'reportingComponent' ? 'reportingController' : field;
    checkImmutable(errors, next[field], old[field], shown);
  }
  return errors;
}
