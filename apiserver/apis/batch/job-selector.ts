import type { KubeObject } from '../../../object/object.ts';
import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { labelSelectorFromObject, matches } from '../../../object/selector.ts';
import type { Errors } from '../field-check.ts';

/** A Job finds its pods by labels made from its own uid and name (batch job strategy generateSelector). */

const uidLabels = ['batch.kubernetes.io/controller-uid', 'controller-uid'];
const nameLabels = ['batch.kubernetes.io/job-name', 'job-name'];

/** Jobs whose labels were made here and not sent: a second try under another name replaces them. */
const generated = new WeakSet<KubeObject>();

/** Jobs whose own labels are copies of their template's. */
const labelled = new WeakSet<KubeObject>();

export function generateJobSelector(job: KubeObject): void {
  const { spec, metadata } = job;
  if (spec.manualSelector === true) return;
  const again = generated.has(job);
  generated.add(job);
  spec.template ??= {};
  spec.template.metadata ??= {};
  spec.template.metadata.labels ??= {};
  const { labels } = spec.template.metadata;
  const set = (names: readonly string[], value: string | undefined) => {
    // What was sent stays, and validation refuses it when it is not right.
    for (const name of names) if (again || labels[name] === undefined) labels[name] = value;
  };
  set(nameLabels, metadata.name);
  set(uidLabels, metadata.uid);
  spec.selector ??= {};
  spec.selector.matchLabels ??= {};
  const chosen = spec.selector.matchLabels;
  const key = uidLabels[0] ?? '';
  if (again || chosen[key] === undefined) chosen[key] = metadata.uid;
  // Upstream's defaults do this whenever such a Job is read from storage.
  if (labelled.has(job) || Object.keys(metadata.labels ?? {}).length === 0) {
    metadata.labels = { ...labels };
    labelled.add(job);
  }
}

export function checkGeneratedSelector(
  errors: Errors,
  job: KubeObject,
  old: KubeObject | undefined,
): void {
  const { spec, metadata } = job;
  if (spec.manualSelector === true) return;
  if (!metadata.uid) {
    errors.push(fieldRequired('metadata.uid'));
    return;
  }
  const labels: Record<string, string> = spec.template?.metadata?.labels ?? {};
  const expected: Record<string, string> = {};
  // The short ones first, as upstream reports them; Jobs stored before the others existed have these.
  for (const i of hasPrefixed(old) ? [1, 0] : [1]) {
    expected[uidLabels[i] ?? ''] = metadata.uid;
    expected[nameLabels[i] ?? ''] = metadata.name ?? '';
  }
  for (const [name, value] of Object.entries(expected)) {
    if (labels[name] === value) continue;
    const path = `spec.template.metadata.labels[${name}]`;
    const text = `must be '${value}'`;
    if (labels[name] === undefined) errors.push(fieldRequired(path, text));
    else errors.push(fieldInvalid(path, labels, text));
  }
  try {
    if (matches(labelSelectorFromObject(spec.selector), expected)) return;
  } catch {
    return;
  }
  errors.push(fieldInvalid('spec.selector', spec.selector, '`selector` not auto-generated'));
}

function hasPrefixed(old: KubeObject | undefined): boolean {
  const labels: Record<string, string> = old?.spec?.template?.metadata?.labels ?? {};
  const prefixed = [uidLabels[0] ?? '', nameLabels[0] ?? ''];
  return old === undefined || prefixed.every((name) => labels[name] !== undefined);
}
